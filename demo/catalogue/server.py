"""The web server of a catalogue: gunicorn on loopback, for the demo, the tests under faults and the benchmarks."""


def serve(app, port, **options):
    """Serve an application on loopback until a signal comes; options: settings of gunicorn beside the defaults."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self):
            settings = {
                "bind": ["127.0.0.1:%d" % port],
                "workers": 1,
                "worker_class": "gthread",
                "threads": 8,
                "accesslog": None,
                # of newer versions
                "control_socket_disable": True,
            }
            for name, value in dict(settings, **options).items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self):
            return app

    Server("python -m demo.catalogue").run()
