"""The part of the launcher that starts SD Apply, where its port was named."""

NAME = "sd-apply"


def url(launcher):
    """Its address."""
    return "http://localhost:%d" % launcher.ports["--sd-apply-port"]


def is_asked_for(launcher):
    """Whether it is to run."""
    return "--sd-apply-port" in launcher.ports


def options(launcher):
    """What the catalogue is told of it, as options of its command."""
    if not is_asked_for(launcher):
        return []
    return ["--sd-apply", url(launcher), "--sd-apply-data", str(launcher.data / NAME)]


def serve(launcher, start):
    """Start it; start: callable(name, what is done, arguments, address that answers 200)."""
    if is_asked_for(launcher):
        port = url(launcher).rpartition(":")[2]
        arguments = ["--data", str(launcher.data / NAME), "--port", port, "--catalogue", launcher.catalogue_url]
        start(NAME, "Starting SD Apply", ["demo.sd_apply", *arguments], url(launcher) + "/health")


def explain(launcher):
    """Print where it is."""
    if is_asked_for(launcher):
        print("\nSD Apply, where applications for CSC's datasets are made and decided: %s" % url(launcher), flush=True)
