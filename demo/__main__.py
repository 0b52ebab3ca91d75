"""The command line of `python -m demo`."""

import argparse
import os
import sys
from pathlib import Path

from demo.identity_provider.launch import SECRET, Other
from demo.launch import PORTS, ROOT, Failed, Launcher, Stopped, check


def port(text):
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="run-demo.sh",
        description="Start a catalogue, three secure environments, SD Apply and an identity provider on this machine."
        " Ctrl-C stops them.",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder for all data and logs (default: .demo)")
    parser.add_argument("--port", type=port, default=5000, metavar="N", help="port of the catalogue (default: 5000)")
    parser.add_argument(
        "--secure-port",
        type=port,
        default=5001,
        metavar="N",
        help="port of the secure environment of TSD (default: 5001)",
    )
    parser.add_argument(
        "--second-secure-port",
        type=port,
        default=5002,
        metavar="N",
        help="port of the secure environment of CSC (default: 5002)",
    )
    parser.add_argument(
        "--third-secure-port",
        type=port,
        default=5003,
        metavar="N",
        help="port of the secure environment of CINECA (default: 5003)",
    )
    parser.add_argument(
        "--sd-apply-port",
        type=port,
        default=5005,
        metavar="N",
        help="port of SD Apply, where applications for CSC's datasets are made and decided (default: 5005)",
    )
    parser.add_argument(
        "--identity-provider-port",
        type=port,
        default=5006,
        metavar="N",
        help="port of the identity provider, where curator and data owners sign in (default: 5006)",
    )
    parser.add_argument(
        "--idp",
        metavar="URL",
        help="issuer of another OpenID provider, such as https://keycloak.example.org/realms/demo; the secret of the"
        " client is in the environment variable " + SECRET,
    )
    parser.add_argument("--idp-client", metavar="ID", help="the client that the demo is there")
    parser.add_argument("--idp-curator", metavar="SUB", help="subject of the curator there (in Keycloak the user's ID)")
    parser.add_argument("--idp-owner", metavar="SUB", help="subject of the data owner there")
    parser.add_argument("--fresh", action="store_true", help="delete the data of earlier starts first")
    parser.add_argument(
        "--check",
        action="store_true",
        help="start on free ports with new data, try everything out and stop; the exit code is 0 if all went well",
    )
    options = parser.parse_args(arguments)
    options.ports = [getattr(options, option[2:].replace("-", "_")) for option in PORTS]
    if len(set(options.ports)) < len(PORTS):
        parser.error("%s and %s must be different numbers" % (", ".join(PORTS[:-1]), PORTS[-1]))
    options.idp = _other(parser, options)
    return options


def _other(parser, options):
    """The provider that the options name, or None for the demo's own."""
    given = (options.idp_client, os.environ.get(SECRET), options.idp_curator, options.idp_owner)
    if options.idp and not all(given):
        parser.error("--idp needs --idp-client, --idp-curator, --idp-owner, and the secret of the client in $" + SECRET)
    if options.idp and options.check:
        parser.error("--check signs in at the demo's own identity provider; leave --idp out")
    return Other(options.idp, *given) if options.idp else None


def main(arguments=None):
    options = parse(arguments)
    # run-demo.sh changes to the checkout: a relative folder is meant from where it was called
    called_in = Path(os.environ.get("SECUREB2SHARE_DEMO_STARTED_IN", "."))
    data = called_in / options.data if options.data else ROOT / ".demo"
    try:
        if options.check:
            return check()
        with Launcher(data.resolve(), *options.ports, idp=options.idp) as launcher:
            launcher.open_data(options.fresh)
            launcher.start()
            launcher.explain()
            launcher.wait()
    except Failed as error:
        print("run-demo.sh: %s" % error, file=sys.stderr)
        return error.code
    except Stopped as stopped:
        print("Stopped.")
        # the exit code is 0 where a demo that runs was stopped on request
        return stopped.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
