"""The outbox: the secure side is told, durably, what happens to a record.

Invariants, which tests/outbox/test_invariants.py and tests/faults/ hold:

1.  An event is written in the transaction that changes its dataset; after that its id and bytes never change.
2.  Of one target and dataset only the earliest pending event may be claimed, so that events arrive in their order. A
    parked event delays no other; its retry may arrive late, and the sequence tells.
3.  At most one worker holds the lease of an event. An outcome is written with the lease's token in its WHERE clause: a
    worker that lost its lease changes nothing.
4.  Every event that is claimed is settled, given back, or free again when its lease ends; it is sent with the same
    bytes under the same id. Nothing is lost, and a receiver that drops known ids and old sequences has one effect.
5.  A target that fails delays no other target: each has connections, a batch and a share of time of its own.
6.  What waits because its target is down is due when the target answers again.
7.  Nothing is sent by a database that is older than what was sent, by a copy of an instance, or where that cannot be
    known: the targets are held, and health gives the reason.
8.  No wait is longer than claims.LONGEST_WAIT, whatever the clock did.

A sweep (delivery.py) claims in its main thread, and sends in threads that never see the database.
"""
