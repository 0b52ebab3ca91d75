from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext.describing import faults, rows, values
from secureb2share_ext.descriptions import schema

MEMBERS = ("table", "name", "title", "description", "datatype")
CELLS = st.text('ab \t\n";,é\ufeff', min_size=1, max_size=8).filter(str.strip) | st.sampled_from(MEMBERS)
ROWS = st.lists(st.dictionaries(st.sampled_from(MEMBERS), CELLS, min_size=1), max_size=5)


def read(text):
    return rows.from_text(text, MEMBERS, "name")


@given(ROWS)
def test_rows_come_back_from_their_text(entries):
    assert read(rows.to_text(entries, MEMBERS, "name")) == entries


@given(st.text('ab\t\n";, ') | st.text(max_size=30))
def test_of_what_was_typed_no_letter_is_lost(text):
    found = read(text)
    assert read(rows.to_text(found, MEMBERS, "name")) == found
    letters = sorted(letter for letter in text if letter.isalnum())
    assert sorted(letter for row in found for cell in row.values() for letter in cell if letter.isalnum()) == letters


def test_what_a_spreadsheet_or_a_file_gives_is_read():
    wanted = [{"table": "T", "name": "a", "title": "The, first"}, {"table": "T", "name": "b"}]
    assert read("table\tname\ttitle\nT\ta\tThe, first\nT\tb\t\n") == wanted
    assert read('\ufeffTable,Name,Title\nT,a,"The, first"\nT,b,') == wanted
    assert read("name;table;title\na;T;The, first\nb;T;\n\n") == wanted
    assert read("T\ta\tThe, first\nT\tb") == wanted
    assert read("a, b\n\nname\n") == [{"name": "a, b"}, {"name": "name"}]
    assert read("name\ttitle\na\tb\tc") == [{"name": "a", "title": "b\tc"}]


def test_two_thousand_columns_are_one_control_and_a_fault_names_its_row():
    text = "name\tdatatype\n" + "\n".join("v%d\tdatetime" % number for number in range(2000))
    there = values.submitted([("sensitive.columns", text.replace("\n", "\r\n"))])
    found = values.from_values(there)
    assert len(there) == 1 and found["sensitive"]["columns"][-1] == {"name": "v1999", "datatype": "dateTime"}
    found["sensitive"]["columns"][6] = {"name": "v1", "datatype": "number"}
    told = faults.faults_by_field(schema.description_faults(found))["sensitive.columns"]
    assert [(fault.values["row"], fault.inside, fault.text[:10]) for fault in told] == [
        (7, "Datatype", "Write one "), (7, "Name", "This name "),
    ]  # fmt: skip
