import uuid

from secureb2share_ext.compat import utcnow
from secureb2share_ext.hosts import index_queue, index_sweep
from secureb2share_ext.outbox import pauses
from secureb2share_ext.testing.catalogue import Catalogue


def test_a_hold_during_a_sweep_outlives_it():
    def bring(uuids):
        # an operator's word, while the cluster answers well
        pauses.hold(index_sweep.CLUSTER, "The cluster moves.", utcnow())
        yield dict.fromkeys(uuids)

    with Catalogue():
        index_queue.want(uuid.uuid4())
        assert index_sweep.sweep(bring, 10) == {"indexed": 1}
        assert [row.until for row in pauses.every()] == [None]
