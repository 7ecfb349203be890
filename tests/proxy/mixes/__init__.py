"""Random mixes of faults, toxics, ends and slow readers, by seed: bytes and counters are exact whatever comes."""
