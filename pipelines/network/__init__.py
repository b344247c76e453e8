"""The network: entities, edges, risk, groups, deconfliction and the queues made of them."""
