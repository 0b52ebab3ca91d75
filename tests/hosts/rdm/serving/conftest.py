import pytest


@pytest.fixture(scope="package")
def instance(tmp_path_factory):
    """An Instance for all tests of this folder: a start takes longer than most of them."""
    import rdm_instance

    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with rdm_instance.running(tmp_path_factory.mktemp("instance")) as found:
        yield found
