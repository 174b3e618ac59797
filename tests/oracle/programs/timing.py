"""Timing: statements measured and set side by side, from given times; profiles; grids whose last bits decide which pixels they meet."""

PROGRAMS = r"""
from torch.utils.benchmark import Compare, Measurement, TaskSpec, Timer, select_unit
def m(label, sub, column, threads, times, n=10, stmt='f(x)', env=None):
    return Measurement(n, [t * n for t in times], TaskSpec(stmt, 'pass', '', label, sub, column, env, threads))
some = [m('Dots', f'[{b}, {n}]', column, threads, [1e-6 * (b + n) * (1 + i / 100) * (2 if column == 'bmm' else 1) for i in range(6)]) for b in (1, 640) for n in (1, 64) for threads in (1, 2) for column in ('mul/sum', 'bmm')]
print(Compare(some))
print(Compare(some[:-1]))
print(Compare([m('A', 'x', 'a long description', 1, [1e-3]), m('B', 'y', 'z', 1, [2.5], stmt='g()'), m('B', 'y', 'w', 4, [0.25])]))
table = Compare(some)
table.trim_significant_figures()
table.print()
Compare([1])
for times in ([1e-8], [2e-3, 2.1e-3], [1., 1.01, 1.02, 1.03], [3e-7] * 9):
    one = m('A', None, None, 2, times)
    print(repr(one).split('\n', 1)[1])
    print(one.significant_figures, one.mean, one.median, round(one.iqr, 12), one.has_warnings, one.meets_confidence(), one.as_row_name, one.title, one.label, one.num_threads)
m('L', 'S', 'said', 1, [1e-3]).task_spec.summarize(), m(None, 'S', None, 1, [1e-3], stmt='a\nb').title, TaskSpec('a', 'b\nc').setup_str(), TaskSpec('a', 'b').setup_str()
[(len(one.times), one.number_per_run, one.title) for one in Measurement.merge(some[:1] * 2 + some[1:2])]
[select_unit(t) for t in (5e-9, 2e-6, 0.5, 3.)]
some[0].nothing

from torch.utils.benchmark import Timer
x = torch.ones(3)
one = Timer('y = x + torch.ones(3)', globals={'x': x}, num_threads=2, label='sums').timeit(7)
one.number_per_run, len(one.times), one.times[0] > 0, one.title, one.task_spec, torch.get_num_threads() >= 1
blocks = Timer('x + x', 'x = torch.ones(3)', sub_label='small').blocked_autorange(min_run_time=0.01)
sum(blocks.raw_times) >= 0.01, blocks.setup, blocks.title, type(blocks).__name__
Timer('x + x', 'x = torch.ones(3)').adaptive_autorange(min_run_time=0.01, max_run_time=0.1).number_per_run >= 1
Timer('x y').timeit(1)
Timer('nowhere').timeit(1)
Timer(print)
Timer('x', global_setup='y')
Timer('pass').repeat()
Timer('pass').autorange()

from torch.profiler import ProfilerActivity, profile, record_function, schedule
x = torch.ones(3, 4)
with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof:
    with record_function('both'):
        y = x.exp() + x.exp()
    z = y * 2
found = {event.key: event.count for event in prof.key_averages()}
found['both'], found['aten::exp'], found['aten::add'], found['aten::mul'], len(prof.events()) >= 5
text = prof.key_averages().table(sort_by='self_cpu_time_total', row_limit=10)
'both' in text, 'Self CPU time total: ' in text, [word in text for word in ('Name', 'Self CPU %', 'Self CPU', 'CPU total', 'CPU time avg', '# of Calls')]
with torch.autograd.profiler.profile() as old:
    for _ in range(3):
        z = z / x
{event.key: event.count for event in old.key_averages()}
for plan in (dict(wait=1, warmup=1, active=2), dict(wait=0, warmup=0, active=1, repeat=1), dict(wait=2, warmup=1, active=3, repeat=2, skip_first=3)):
    print([schedule(**plan)(step).name for step in range(16)])
schedule(wait=0, warmup=0, active=0)
told = []
with profile(schedule=schedule(wait=1, warmup=1, active=2, repeat=2), on_trace_ready=lambda p: told.append(p.step_num)) as prof:
    for _ in range(10):
        x.exp()
        prof.step()
told, prof.step_num

same = torch.tensor([[[1., 0., 0.], [0., 1., 0.]]])
for n in (1, 2, 5, 7, 24, 28, 31, 32):
    grid = F.affine_grid(same, (1, 1, n, n), align_corners=False)
    print(grid[0, 0, :, 0].tolist(), grid[0, :, 0, 1].tolist())
F.affine_grid(same, (1, 1, 6, 28), align_corners=False).double().sum((0, 1, 2)).tolist(), F.affine_grid(same, (1, 1, 28, 28), align_corners=True)[0, 3].tolist()
""".strip().split("\n\n")
