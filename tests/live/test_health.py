from abnormal.live.health import Health


def test_a_line_says_what_was_since_the_line_before():
    health = Health("gate")
    health.add([0.1] * 19 + [0.9])
    health.alarms, health.reconnects = 2, 1
    assert health.report(7) == (
        "gate: 20 frames, 7 dropped, latency 0.10 s p50, 0.14 s p95, 2 alarms, 1 reconnects"
    )
    assert health.report(9) == "gate: 0 frames, 2 dropped, 0 alarms, 0 reconnects"


def test_that_too_many_frames_are_dropped_is_said_once_until_it_has_passed():
    health = Health("gate")
    said = []
    for dropped in (0, 1, 81, 161, 162, 200):
        health.add([0.1] * 20)
        health.report(dropped)
        said.append(health.warning()[:9])
    assert said == ["", "", "80 % of t", "", "", "66 % of t"]
