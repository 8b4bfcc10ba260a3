"""Claims about the world, each tested by trials: reproduced, refuted or inconclusive."""
