"""Flow 3: a reader follows a record's link to the access-request form; the secure side's decisions are counted."""
