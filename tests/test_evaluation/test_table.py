from mtcp_mm.evaluation import format_table

METRICS = {
    'network': {'semseg/mIoU': 25.5, 'semseg/pixel_acc': 100.0, 'depth/rmse': 0.70812, 'depth/delta1': None},
    'constant': {'semseg/mIoU': 0.58, 'semseg/pixel_acc': float('nan'), 'depth/rmse': 1.357, 'depth/delta1': 0.0},
    'protocol': 'mti',
}


def cells(text):
    """Returns the cells of each line with any."""
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in text.splitlines() if '|' in line]


def test_the_table_has_network_and_constant_with_marked_headlines_and_protocol():
    assert cells(format_table(METRICS)) == [
        ['protocol mti, * headline'],
        ['task', 'metric', 'network', 'constant'],
        ['semseg', 'mIoU *', '25.50', '0.5800'],
        ['', 'pixel_acc', '100.0', '-'],
        ['depth', 'rmse *', '0.7081', '1.357'],
        ['', 'delta1', '-', '0.000'],
    ]


def test_without_a_constant_there_is_no_such_column():
    table = format_table({**METRICS, 'constant': {}})
    assert 'constant' not in table and '25.50' in table


def test_a_metric_of_the_network_alone_has_a_dash():
    network = {**METRICS['network'], 'delta_m': -1.25}
    assert cells(format_table({**METRICS, 'network': network}))[-1] == ['', 'delta_m *', '-1.250', '-']
