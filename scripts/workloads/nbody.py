"""Gravity between 2000 particles, 10 steps, each particle against all others.

The particles are one list of tuples that all threads read; each step starts a new pool, as in the paper.
--scale scales the number of pairs: there are 2000 * sqrt(scale) particles, and always 10 steps.
"""

import math
import random
import struct
from concurrent.futures import ThreadPoolExecutor

import phases

PARTICLES = 2000
STEPS = 10
STEP = 0.01
SOFTENING = 1e-3  # squared; keeps near misses finite


def particles(count):
    """Tuples of position, velocity and mass."""
    rng = random.Random(2000)
    return [tuple(rng.uniform(-1.0, 1.0) for _ in range(6)) + (rng.random() / count,) for _ in range(count)]


def advance(bodies, indices):
    """These bodies, one step later."""
    moved = []
    for i in indices:
        x, y, z, vx, vy, vz, mass = bodies[i]
        ax = ay = az = 0.0
        for ox, oy, oz, _, _, _, other in bodies:
            dx = ox - x
            dy = oy - y
            dz = oz - z
            d2 = dx * dx + dy * dy + dz * dz + SOFTENING
            pull = other / (d2 * math.sqrt(d2))
            ax += dx * pull
            ay += dy * pull
            az += dz * pull
        vx += ax * STEP
        vy += ay * STEP
        vz += az * STEP
        moved.append((x + vx * STEP, y + vy * STEP, z + vz * STEP, vx, vy, vz, mass))
    return moved


def main():
    args = phases.start(__doc__)
    count = phases.scaled(PARTICLES, args.scale, dimensions=2)
    bodies = particles(count)
    shares = phases.split(count, args.threads)
    with phases.measured("measured") as phase:
        for _ in range(STEPS):
            with ThreadPoolExecutor(args.threads) as pool:
                parts = list(pool.map(advance, [bodies] * args.threads, shares))
            bodies = [body for part in parts for body in part]
    digest = phases.checksum(struct.pack("<7d", *body) for body in bodies)
    phases.finish(f"{count} particles, {STEPS} steps, {args.threads} threads", digest, phase, (STEPS * count * count, "pair"))


if __name__ == "__main__":
    main()
