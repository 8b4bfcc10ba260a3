"""Why a request was slow: from stamps, collector events and counters to one cause each.

`kinds` names the causes, `stalls` splits the time of one operation into them, `backlog` says what a
request that had to wait was waiting for, `tally` counts. Pure functions on columns of one worker,
block by block.
"""
