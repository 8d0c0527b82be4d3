from abnormal.live.health import Health


def test_a_line_says_what_was_since_the_line_before():
    health = Health("gate")
    health.add([0.1] * 19 + [0.9])
    health.alarms, health.reconnects = 2, 1
    assert health.report(7) == (
        "gate: 20 frames, 7 dropped, latency 0.10 s p50, 0.14 s p95, 2 alarms, 1 reconnects"
    )
    assert health.report(9) == "gate: 0 frames, 2 dropped, 0 alarms, 0 reconnects"
