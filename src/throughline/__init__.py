"""
Throughline: one closed loop from strategy to the shop floor and back.

The names exported here are the library: no server, no database, no Django.

    plant    = throughline.read_plant("examples/drive_works")
    plan     = throughline.plan(plant)
    schedule = throughline.schedule(plan, plant, seed=7)
    survival = throughline.survive(schedule, plant, replications=1000, seed=7)
"""

from throughline.library import plan, read_plant, schedule, survive, test

__all__ = ["__version__", "plan", "read_plant", "schedule", "survive", "test"]

__version__ = "0.1.0"
