import time
def test_a(site, scene, hostile_scene):
    for s in (scene, hostile_scene):
        for n,d in s.datasets.items(): print(n, d["state"], d["pid"], d["problem"])
