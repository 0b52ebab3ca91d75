"""Legacy records, from before uploads were closed: listed, frozen, exported, confirmed by the secure side, deleted."""
