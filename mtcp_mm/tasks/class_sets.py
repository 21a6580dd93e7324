"""Names of the classes of the field's data sets."""

NYUD40 = (
    'wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table', 'door', 'window', 'bookshelf', 'picture', 'counter',
    'blinds', 'desk', 'shelves', 'curtain', 'dresser', 'pillow', 'mirror', 'floor mat', 'clothes', 'ceiling', 'books',
    'refrigerator', 'television', 'paper', 'towel', 'shower curtain', 'box', 'whiteboard', 'person', 'night stand',
    'toilet', 'sink', 'lamp', 'bathtub', 'bag', 'other structure', 'other furniture', 'other prop',
)  # fmt: skip

CLASS_SETS = {'nyud40': NYUD40}
