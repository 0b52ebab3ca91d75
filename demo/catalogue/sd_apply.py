"""The configuration of a catalogue whose source csc has its applications in SD Apply."""

from demo.sd_apply import service


def use(found, folder, url):
    """Change a configuration so that csc's datasets are registered in SD Apply, and its links lead there.

    folder: of SD Apply's secrets; url: its address. Where csc is no source, nothing changes.
    """
    csc = found["SECUREB2SHARE_SOURCES"].get("csc")
    if csc is None:
        return
    target, provider = service.of_catalogue(folder, url)
    found["SECUREB2SHARE_TARGETS"]["sd-apply"] = target
    found["SECUREB2SHARE_ACCESS"][service.ENTRY] = provider
    csc.update(targets=[*csc["targets"], "sd-apply"], access=service.ENTRY)
