"""The pages that people see: their look, the reader's language, and the words for what a description holds as codes.

Every page of this package is made of the same pieces: templates/secureb2share_ext/frame.html around it, the macros of
pieces.html in it, and one stylesheet, which stays inside the class ``sb``. No page needs a script.
"""
