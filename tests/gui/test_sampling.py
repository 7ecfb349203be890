"""A journal that is too fast shows 1 of n, and counts exactly what it leaves out."""

from journal_rows import entry, notice

from vaurien_gui.models.sampling import MOST_PER_S, Sampler, fitting


def run(sampler, per_s, seconds, start=0.0):
    """Batches at 5 Hz; what was shown."""
    shown, n = [], 0
    for tick in range(round(seconds * 5)):
        batch = [entry(n + i) for i in range(round(per_s / 5))]
        n += len(batch)
        shown += sampler.take(batch, start + tick / 5)
    return shown, n


def test_a_slow_journal_is_shown_whole():
    sampler = Sampler()
    shown, sent = run(sampler, 450, 10)
    assert len(shown) == sent
    assert sampler.every == 1
    assert sampler.left_out == 0


def test_a_fast_one_is_thinned_to_a_round_share_and_counted_exactly():
    sampler = Sampler()
    shown, sent = run(sampler, 5_000, 10)
    assert sampler.every == 10
    assert len(shown) + sampler.left_out == sent
    assert len(shown) <= MOST_PER_S * 12
    later, sent_later = run(sampler, 5_000, 5, start=10.0)
    assert len(later) == sent_later // 10


def test_sentences_are_never_left_out():
    sampler = Sampler()
    run(sampler, 5_000, 3)
    batch = [entry(n) for n in range(500)] + [notice(9, "All normal.")]
    assert any(e.text == "All normal." for e in sampler.take(batch, 3.0))


def test_when_it_slows_down_everything_is_shown_again():
    sampler = Sampler()
    run(sampler, 5_000, 3)
    run(sampler, 50, 3, start=3.0)
    assert sampler.every == 1


def test_shares_are_round():
    assert [fitting(pace) for pace in (0, 500, 501, 1_001, 2_501, 5_000, 10_000)] == [1, 1, 2, 5, 10, 10, 20]
