"""The whole network compiles without a graph break, and a compiled training step equals the eager one."""

import copy
import time

import torch

from mtcp_mm.structures import TaskFeatures


def test_a_training_step(make_network, gradients):
    network = make_network(activation_checkpointing=True).train()
    twin = copy.deepcopy(network)
    images = torch.randn(2, 3, 64, 64)

    def predict(network, images):
        features = network.neck(network.backbone(images)) if not isinstance(network.neck, list) else None
        logits = network.decode_head(features)
        predictions = [x for maps in features.predictions.values() for x in maps]
        return [*logits.values(), *predictions, *features.losses.values()]

    import os
    compiled = torch.compile(predict, fullgraph=True, backend=os.environ.get('BACKEND', 'aot_eager'))
    results = []
    for function, model in ((predict, twin), (compiled, network)):
        t = time.process_time(), time.time()
        outputs = function(model, images)
        sum(x.square().mean() for x in outputs).backward()
        print(time.process_time() - t[0], time.time() - t[1])
        results.append((outputs, gradients(model)))
    torch.testing.assert_close(results[1], results[0], atol=1e-4, rtol=1e-3)
