"""How does a catalogue look, and what happens, when its data are in a secure environment?"""
