"""Names of the classes of the field's data sets."""

NYUD40 = (
    'wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table', 'door', 'window', 'bookshelf', 'picture', 'counter',
    'blinds', 'desk', 'shelves', 'curtain', 'dresser', 'pillow', 'mirror', 'floor mat', 'clothes', 'ceiling', 'books',
    'refrigerator', 'television', 'paper', 'towel', 'shower curtain', 'box', 'whiteboard', 'person', 'night stand',
    'toilet', 'sink', 'lamp', 'bathtub', 'bag', 'other structure', 'other furniture', 'other prop',
)  # fmt: skip

PASCAL21 = (
    'background', 'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow', 'diningtable',
    'dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor',
)  # fmt: skip

PASCAL_PARTS = ('background', 'head', 'torso', 'upper arm', 'lower arm', 'upper leg', 'lower leg')

CLASS_SETS = {'nyud40': NYUD40, 'pascal21': PASCAL21, 'pascal_parts': PASCAL_PARTS}
