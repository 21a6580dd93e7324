"""The camera's exposure: from light on the sensor to an 8-bit image."""

import numpy as np


def expose(light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Converts light to an image like a small camera.

    Args:
        light: Linear RGB at twice the image size, ``(3, 2H, 2W)``.
        rng: Random generator for exposure, white balance, vignette and noise.

    Returns:
        RGB image, uint8 ``(H, W, 3)``.
    """
    height, width = light.shape[1] // 2, light.shape[2] // 2
    light = light.reshape(3, height, 2, width, 2).mean(axis=(2, 4))
    light = light * np.float32(rng.uniform(0.55, 0.9) / max(float(light.mean()), 1e-3))
    light = light * np.float32(1 + rng.normal(0, 0.05, (3, 1, 1)))
    light = light * _vignette(height, width, rng.uniform(0.05, 0.35))
    display = np.clip(1 - np.exp(-light), 0, 1) ** np.float32(1 / 2.2)
    grain = rng.standard_normal(display.shape, dtype=np.float32)
    display = display + np.float32(rng.uniform(0.003, 0.012)) * grain
    return np.ascontiguousarray((np.clip(display, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))


def _vignette(height: int, width: int, strength: float) -> np.ndarray:
    down, across = np.linspace(-1, 1, height), np.linspace(-1, 1, width)
    return np.float32(1 - strength * (down[:, None] ** 2 + across**2) / 2)
