/* The engine without Python: a tied layer forward and backward, with every allocation made to fail in turn. */
#include "kernel/kernel.h"
#include "ops/formula.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void ops_setup(void);

static int checks, failures;
static void check(bool ok, const char *what)
{
    checks++;
    if (!ok) {
        failures++;
        printf("FAILED: %s (status %d: %s)\n", what, ct_failed(), ct_message());
    }
}

static bool filled(tensor *t, int ndim, const int64_t *size, float start)
{
    *t = (tensor){0};
    array *a = array_new(DT_F32, ndim, size);
    if (!a)
        return false;
    for (int64_t i = 0; i < a->numel; i++)
        ((float *)array_data(a))[i] = start + (float)i;
    tensor_init(t, a);
    return true;
}

static int run_backward(tensor *loss)
{
    tensor *roots[1] = {loss};
    return tape_backward(&(backward){.n_roots = 1, .roots = roots});
}

/* loss = sum(tanh(x @ w.expand(4, 4).t()) * 2), and a write through a view on the way. 0 when everything worked. */
static int tied_layer(tensor *w, float *grad)
{
    tensor x;
    scope s;
    int result = -1;
    if (!filled(&x, 2, (int64_t[]){1, 4}, 0.1f))
        return -1;
    scope_open(&s);
    T wide = f_expand(&s, w, 2, (int64_t[]){4, 4});
    T y = f_matmul(&s, &x, f_transpose(&s, wide, 0, 1));
    T z = f_scale(&s, f_unary(&s, &op_tanh, f_scale(&s, y, 0.01)), 2);
    T part = f_call(&s, &op_select, 3, (arg[]){a_t(z), a_i(1), a_i(0)});
    if (part) {
        arg args[2] = {a_t(part), a_f(3)};
        call c = {.op = &op_mul, .args = args, .n_args = 2, .mode = CALL_INPLACE};
        if (op_call(&c) < 0)
            scope_fail(&s);
    }
    T loss = f_call(&s, &op_sum, 1, (arg[]){a_t(z)});
    if (loss && !s.failed && run_backward(loss) == 0 && w->box->grad) {
        for (int i = 0; i < 4; i++)
            grad[i] = ((float *)array_data(w->box->grad->a))[i];
        result = 0;
    }
    scope_close(&s);
    tensor_clear(&x);
    return result;
}

/* d/dw of 2 tanh(0.01 x·w) over four equal rows, the first counted three times. */
static float expected(int i)
{
    double dot = 0;
    for (int k = 0; k < 4; k++)
        dot += (0.1 + k) * (1 + k);
    double t = tanh(0.01 * dot);
    return (float)(2 * 0.01 * (0.1 + i) * (1 - t * t) * 6);
}

static bool leaf(tensor *w)
{
    if (!filled(w, 1, (int64_t[]){4}, 1))
        return false;
    if (tensor_set_requires_grad(w, true) == 0)
        return true;
    tensor_clear(w);
    return false;
}

static int once(float *grad)
{
    tensor w;
    if (!leaf(&w))
        return -1;
    int result = tied_layer(&w, grad);
    tensor_clear(&w);
    return result;
}

static void every_allocation_fails_in_turn(bool for_ever)
{
    float grad[4];
    int64_t blocks = ct_memory_now().live_blocks, n = 0;
    int result = -1;
    for (; result < 0 && n < 5000; n++) {
        ct_clear();
        ct_alloc_fail_after(n, for_ever);
        result = once(grad);
        bool failed = ct_alloc_failures() > 0;
        ct_alloc_fail_after(-1, false);
        check(failed == (result < 0), "a failed allocation fails the run, and nothing else does");
        check(result == 0 || ct_failed() == CT_MEMORY, "the status is memory");
        check(ct_memory_now().live_blocks == blocks, "nothing is left behind");
    }
    printf("%lld allocations failed in turn\n", (long long)n - 1);
    for (int i = 0; i < 4; i++)
        check(fabsf(grad[i] - expected(i)) < 1e-6f, "the gradient once nothing fails");
}

static void a_long_chain_needs_no_stack(void)
{
    enum { N = 200000 };
    tensor w;
    int64_t nodes = node_live();
    if (!leaf(&w))
        exit(1);
    tensor y;
    tensor_copy(&y, &w);
    for (int i = 0; i < N; i++) {
        scope s;
        scope_open(&s);
        T next = f_scale(&s, &y, 1.0);
        tensor_clear(&y);
        tensor_copy(&y, next);
        scope_close(&s);
    }
    scope s;
    scope_open(&s);
    T loss = f_call(&s, &op_sum, 1, (arg[]){a_t(&y)});
    check(loss && run_backward(loss) == 0, "backward of a long chain");
    check(((float *)array_data(w.box->grad->a))[0] == 1, "its gradient");
    scope_close(&s);
    tensor_clear(&y);
    tensor_clear(&w);
    check(node_live() == nodes, "all nodes released");
}

int main(void)
{
    k_choose(NULL);
    ops_setup();
    every_allocation_fails_in_turn(false);
    every_allocation_fails_in_turn(true);
    a_long_chain_needs_no_stack();
    check(storage_live() == 0 && array_live() == 0 && node_live() == 0, "nothing alive at the end");
    ct_alloc_trim();
    printf("engine: %d checks, %d failures\n", checks, failures);
    return failures != 0;
}
