"""The pages on which a curator sees the registrations that wait for review."""
