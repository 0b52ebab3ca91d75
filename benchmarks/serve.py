"""A catalogue behind gunicorn, with one worker process.

python -m benchmarks.serve SPEC.json
"""

import json
import sys
import warnings

# Invenio's own modules warn on every import
warnings.simplefilter("ignore")


def serve(app, port):
    """Serve on loopback until a signal comes, and keep connections."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self):
            options = {
                "bind": ["127.0.0.1:%d" % port],
                "workers": 1,
                "worker_class": "gthread",
                "threads": 2,
                "keepalive": 60,
                "timeout": 120,
                "accesslog": None,
                "control_socket_disable": True,
            }
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self):
            return app

    Server("python -m benchmarks.serve").run()


def main(path):
    from .catalogue import create_app, prepare

    with open(path) as file:
        spec = json.load(file)
    app = create_app(spec)
    prepare(app, spec)
    serve(app, spec["port"])


if __name__ == "__main__":
    main(sys.argv[1])
