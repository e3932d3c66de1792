"""The worker: recognition in a process of its own, and what front ends say to it.

A native crash, a killed process or a card that runs full ends the worker and
not the page; ending the worker is also the only sure way to give memory back.
"""

from transcriber.worker.front import Worker as Worker
from transcriber.worker.messages import Loaded as Loaded
from transcriber.worker.messages import Order as Order
