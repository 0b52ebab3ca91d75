"""A page's form as a browser reads it: what it would send, and which control each label and sentence belongs to."""

from html.parser import HTMLParser


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.sent, self.ids, self.controls, self.labels, self.described, self.buttons = [], [], [], [], [], []
        self.links, self.title, self.within = [], "", []
        self._text, self._select, self._is_title, self._is_label = None, None, False, False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        self.described += (found.get("aria-describedby") or "").split()
        if tag == "label":
            # a label without a name is that of the control inside it
            self._is_label = "for" not in found
            self.labels += [found["for"]] if "for" in found else []
        elif tag == "a":
            self.links.append(found.get("href"))
        elif tag == "title":
            self._is_title = True
        elif tag == "button" and "name" in found:
            self.buttons.append((found["name"], found.get("value", "")))
        elif tag == "input":
            self.controls.append(dict(found, **({"aria-label": "label"} if self._is_label else {})))
            is_on = found.get("type") not in ("checkbox", "radio") or "checked" in found
            if is_on and "name" in found:
                # a control of one line has no line ends; what is ticked is sent as it stands
                ends = "\n" if found.get("type") in ("checkbox", "radio", "hidden") else ""
                value = found.get("value", "").replace("\r\n", "\n").replace("\r", "\n").replace("\n", ends)
                self.sent.append((found["name"], value))
        elif tag == "textarea":
            self.controls.append(found)
            self._text = [found["name"], ""]
        elif tag == "select":
            self.controls.append(found)
            self._select = [found["name"], None]
        elif tag == "option" and self._select is not None:
            if "selected" in found or self._select[1] is None:
                self._select[1] = found["value"]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_data(self, data):
        if self._text is not None:
            self._text[1] += data
        elif self._is_title:
            self.title += data

    def handle_endtag(self, tag):
        if tag == "title":
            self._is_title = False
        if tag == "label":
            self._is_label = False
        if tag == "textarea":
            name, text = self._text
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            # the first line end belongs to the page, and every other is sent as two characters
            self.sent.append((name, text[1 if text.startswith("\n") else 0 :].replace("\n", "\r\n")))
            self._text = None
        elif tag == "select":
            self.sent.append((self._select[0], self._select[1] or ""))
            self._select = None

    def faults(self):
        """[what is wrong with how the page names its controls]"""
        visible = [one for one in self.controls if one.get("type") != "hidden"]
        wrong = ["twice: %s" % one for one in self.ids if self.ids.count(one) > 1]
        wrong += [
            "no label: %s" % one for one in visible if not one.get("aria-label") and one.get("id") not in self.labels
        ]
        wrong += ["label of nothing: %s" % one for one in self.labels if one not in self.ids]
        wrong += ["no such description: %s" % one for one in self.described if one not in self.ids]
        wrong += ["no such place: %s" % one for one in self.links if one and one[0] == "#" and one[1:] not in self.ids]
        return wrong
