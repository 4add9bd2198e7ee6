"""
`make bench-engine`: our engine beside what somebody would run instead of it, on the same prompts, in one run.

Read in this order: `settings` (what can be chosen), `measuring` (what is measured), `worker` (the process that each
competitor runs in), `competitors/` (how each is driven), `timelines` (figures out of arrivals), `targets`, `tables`.
"""
