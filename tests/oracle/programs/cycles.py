"""CyclicLR and OneCycleLR: rates, momenta, states, refusals."""

PROGRAMS = r"""
from torch.optim.lr_scheduler import *
def run(make, cls=torch.optim.SGD, steps=12, **kw):
    w, b = torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)
    o = cls([{'params': [w]}, {'params': [b], 'lr': 0.5}], lr=0.1, **kw)
    s = make(o)
    print(s.get_last_lr(), o)
    for _ in range(steps):
        o.step()
        s.step()
        g = o.param_groups[1]
        print(s.get_last_lr(), g.get('momentum'), g.get('betas'))
    return o, s
o, s = run(lambda o: OneCycleLR(o, 0.1, total_steps=12), momentum=0.9)
s.step()
print(s.state_dict(), o)
run(lambda o: OneCycleLR(o, [0.1, 1], epochs=4, steps_per_epoch=3, three_phase=True, anneal_strategy='linear', pct_start=0.4), torch.optim.Adam)
run(lambda o: OneCycleLR(o, 0.1, total_steps=20, cycle_momentum=False, div_factor=10, final_div_factor=5))
for m in ('triangular', 'triangular2', 'exp_range'):
    o, s = run(lambda o: CyclicLR(o, 0.01, 0.1, step_size_up=3, mode=m, gamma=0.9), momentum=0.9)
    print(o, [k for k in sorted(s.state_dict()) if not k.startswith('_')])
run(lambda o: CyclicLR(o, [0.01, 0.1], [0.1, 2], step_size_up=3, step_size_down=5, base_momentum=[0.5, 0.6], max_momentum=[0.8, 0.9]), torch.optim.AdamW)
run(lambda o: CyclicLR(o, 0.01, 0.1, step_size_up=2, scale_fn=lambda x: 1 / x, scale_mode='cycle', cycle_momentum=False))
o = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
OneCycleLR(o, 0.1)
OneCycleLR(o, 0.1, total_steps=-1)
OneCycleLR(o, 0.1, total_steps=1.5)
OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1)
OneCycleLR(o, 0.1, total_steps=3, pct_start=2.)
OneCycleLR(o, 0.1, total_steps=3, anneal_strategy='x')
OneCycleLR(o, [0.1, 0.2], total_steps=3)
OneCycleLR(3, 0.1, total_steps=3)
OneCycleLR(torch.optim.Adagrad([torch.ones(1)]), 0.1, total_steps=3)
CyclicLR(o, 0.1, 1, mode='x')
CyclicLR(o, [0.1, 1], 1)
CyclicLR(torch.optim.Rprop([torch.ones(1)]), 0.1, 1)
s = CyclicLR(o, 0.1, 1, step_size_up=4)
d = s.state_dict()
s.load_state_dict(d)
o.step(), s.step(), s.get_last_lr()
""".strip().split("\n\n")
