from mtcp_mm.apis.benchmark.measuring import measure


def test_measures_every_part_of_every_network(build, settings):
    subjects = build() + build(height=32, width=32)
    lines = []
    measurements, rates = measure(subjects, settings, 2, lines.append)
    assert len(rates) == 2 and min(rates) > 0
    large, small = measurements
    assert large.memory > small.memory > 0
    for measurement in measurements:
        assert len(measurement.latencies) == len(measurement.cpu) == len(measurement.busy) == 2
        assert measurement.parts.keys() == measurement.operations.keys()
        assert all(len(times) == 2 for times in measurement.parts.values())
    assert lines[-1] == 'timing the parts: round 2 of 2'
