"""Makes 8 million dataclass objects in lists, and moves them about: append, sort, reverse, filter, change, slice, pop.

Each thread has its own share of the people and its own lists; the people of a thread live until its work is done. What
is done to a person depends on that person alone, so that the result does not depend on who shared a list with whom.
--scale scales the number of people. Making them is the work: nothing is made before the measured phase.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import phases

PEOPLE = 8_000_000


@dataclass
class Person:
    name: str
    age: int
    score: int


def work(indices):
    """How many remain of these people, and their ages, scores and lengths of names in sum."""
    people = []
    for i in indices:
        people.append(Person(f"person-{i}", i * 7919 % 90, i * 104_729 % 1009))
    people.sort(key=lambda person: person.score)
    people.reverse()
    adults = [person for person in people if person.age >= 18]
    for person in adults:
        person.age += 1
        person.score += len(person.name)
    upper = adults[: len(adults) // 2]
    lower = adults[len(adults) // 2 :]
    lower.extend(upper)
    count = ages = scores = letters = 0
    while lower:
        person = lower.pop()
        count += 1
        ages += person.age
        scores += person.score * person.age
        letters += len(person.name)
    return count, ages, scores, letters


def main():
    args = phases.start(__doc__)
    count = phases.scaled(PEOPLE, args.scale)
    with phases.measured("measured") as phase:
        with ThreadPoolExecutor(args.threads) as pool:
            results = list(pool.map(work, phases.split(count, args.threads)))
    totals = [sum(column) for column in zip(*results)]
    phases.finish(f"{count} people, {args.threads} threads", phases.checksum([repr(totals).encode()]), phase, (count, "person"))


if __name__ == "__main__":
    main()
