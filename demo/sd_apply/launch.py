"""The part of the launcher that starts SD Apply, where applications for CSC's datasets are made and decided."""

NAME = "sd-apply"
PORT = "--sd-apply-port"  # the option that names its port


def url(launcher):
    """Its address."""
    return "http://localhost:%d" % launcher.ports[PORT]


def options(launcher):
    """What the catalogue and the secure environment of CSC are told of it, as options of their commands."""
    return ["--sd-apply", url(launcher), "--sd-apply-data", str(launcher.data / NAME)]


def serve(launcher, start):
    """Start it; start: callable(name, what is done, arguments, address that answers 200)."""
    arguments = ["--data", str(launcher.data / NAME), "--port", str(launcher.ports[PORT])]
    address = ["--catalogue", launcher.catalogue_url]
    start(NAME, "Starting SD Apply", ["demo.sd_apply", *arguments, *address], url(launcher) + "/health")
