/* Tensors: history, leaves, and the base that views share. */
#include "tape/tensor.h"
#include "tape/engine.h"
#include "tape/node.h"
#include <string.h>

void (*gradbox_release_obj)(void *obj);

void tensor_clear(tensor *t)
{
    array *a = t->a;
    node *fn = t->fn;
    viewbase *base = t->base;
    gradbox *box = t->box;
    tensor_leave(t);
    *t = (tensor){0};
    array_drop(a);
    if (CT_LIKELY(!fn && !base && !box))
        return;
    node_drop(fn);
    viewbase_drop(base);
    gradbox_drop(box);
}

void tensor_copy(tensor *to, const tensor *from)
{
    *to = *from;
    if (to->a)
        array_keep(to->a);
    if (to->fn)
        node_keep(to->fn);
    if (to->base)
        to->base->refs++;
    if (to->box)
        to->box->refs++;
}

void tensor_set_history(tensor *t, node *fn, uint32_t nr)
{
    t->fn = node_keep(fn);
    t->nr = nr;
}

/* ---- gradient boxes ------------------------------------------------------------------------------------ */
gradbox *gradbox_new(void)
{
    gradbox *box = ct_alloc_zero(sizeof *box);
    if (box)
        box->refs = 1;
    return box;
}

ct_dtype gradbox_dtype(const gradbox *b, ct_dtype own, ct_dtype arrives)
{
    uint8_t dtype = b ? b->dtype : GRAD_OWN;
    return dtype == GRAD_OWN ? own : dtype == GRAD_ANY ? arrives : (ct_dtype)(dtype - GRAD_FIRST);
}

void gradbox_drop(gradbox *box)
{
    if (!box || --box->refs)
        return;
    if (box->obj && gradbox_release_obj)
        gradbox_release_obj(box->obj);
    if (box->grad) {
        tensor_clear(box->grad);
        ct_free(box->grad, sizeof *box->grad);
    }
    ct_free(box, sizeof *box);
}

int gradbox_set(gradbox *box, const tensor *g, void *obj)
{
    tensor *fresh = NULL, *old = box->grad;
    void *old_obj = box->obj;
    if (g && !(fresh = ct_alloc(sizeof *fresh)))
        return -1;
    if (g)
        tensor_copy(fresh, g);
    box->grad = fresh;
    box->obj = obj; /* all is in place before the host's code may run */
    box->refs++;
    if (old) {
        tensor_clear(old);
        ct_free(old, sizeof *old);
    }
    if (old_obj)
        gradbox_release_obj(old_obj);
    gradbox_drop(box);
    return 0;
}

/* ---- leaves -------------------------------------------------------------------------------------------- */
bool tensor_requires_grad(tensor *t) { return tensor_sync(t) == 0 && t->fn; }
bool tensor_wants_grad(tensor *t) { return (tensor_is_view(t) && t->base->fn) || tensor_requires_grad(t); }
bool tensor_is_leaf(tensor *t) { return !tensor_requires_grad(t) || t->fn->kind == &leaf_kind; }

int tensor_set_requires_grad(tensor *t, bool wanted)
{
    if (!tensor_is_leaf(t))
        return wanted ? 0 : ct_fail(CT_RUNTIME, "you can only change requires_grad flags of leaf variables. If you want to use a computed "
                                    "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().");
    if (wanted && !dtype_is_float(t->a->dtype))
        return ct_fail(CT_RUNTIME, "only Tensors of floating point and complex dtype can require gradients");
    if (wanted == (t->fn != NULL))
        return 0;
    node *fn = NULL;
    if (wanted) {
        if (!t->box && !(t->box = gradbox_new()))
            return -1;
        if (!(fn = leaf_node(t->box, t->a)))
            return -1;
    }
    if (t->box)
        t->box->idle = !wanted;
    t->nr = 0;
    if (t->base && !tensor_is_view(t)) {
        t->base->nr = 0;
        node_set(&t->base->fn, fn ? node_keep(fn) : NULL);
    }
    node_set(&t->fn, fn);
    return 0;
}

/* ---- views --------------------------------------------------------------------------------------------- */
viewbase *tensor_viewbase(tensor *t)
{
    if (t->base)
        return t->base;
    viewbase *b = ct_alloc_zero(sizeof *b);
    if (!b)
        return NULL;
    b->refs = 1;
    b->a = array_keep(t->a);
    b->fn = t->fn ? node_keep(t->fn) : NULL;
    b->nr = t->nr;
    t->base = b;
    t->gen = 0;
    return b;
}

void viewbase_drop(viewbase *b)
{
    if (!b || --b->refs)
        return;
    array_drop(b->a);
    node_drop(b->fn);
    ct_free(b, sizeof *b);
}

int tensor_refuse_view(const tensor *t, const char *what)
{
    const char *why = t->flags & T_MULTI_VIEW ? "This view is the output of a function that returns multiple views. Such functions do not allow the "
                      "output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
                    : t->flags & T_NO_GRAD_VIEW && !(t->flags & T_FUNCTION_VIEW)
                    ? "Which of the two is meant cannot be known: do both inside the no_grad block (not recorded), or both outside it (recorded)."
                    : "This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle "
                      "view+inplace would override the custom backward. Clone the output of the Function first.";
    if (!t->fn || t->fn->kind == &leaf_kind)
        return ct_fail(CT_RUNTIME, "A view was created in %s mode and %s with grad mode enabled. %s", t->flags & T_INFERENCE_VIEW ? "inference" : "no_grad", what, why);
    const char *name = node_name(t->fn), *end = strstr(name, "Backward");
    return ct_fail(CT_RUNTIME, "Output %u of %.*s is a view and %s. %s", t->nr, end ? (int)(end - name) : (int)strlen(name), name, what, why);
}

/* What retain_grad() asked for follows the tensor to its new history. */
static int move_retained(tensor *t, node *fn, uint32_t nr)
{
    if (CT_LIKELY(!(t->flags & T_RETAINS)) || !t->fn || !fn || fn == t->fn || !t->fn->extra)
        return 0;
    struct retain **at = &t->fn->extra->retains, *one;
    while (*at && (*at)->box != t->box)
        at = &(*at)->next;
    if (!(one = *at))
        return 0;
    if (!node_extras(fn))
        return -1;
    *at = one->next;
    *one = (struct retain){fn->extra->retains, one->box, nr};
    fn->extra->retains = one;
    return 0;
}

static void set_fn(tensor *t, node *fn, uint32_t nr)
{
    if (fn)
        node_keep(fn);
    t->nr = nr;
    node_set(&t->fn, fn);
}

static int move_on(tensor *t, node *fn, uint32_t nr)
{
    if (move_retained(t, fn, nr) < 0)
        return -1;
    set_fn(t, fn, nr);
    return 0;
}

/* The history of a view, told anew as a part of its base; base_fn: the base's, owned. *result: none for a view of integers, which a write gave a history. */
static int tell_view(const tensor *t, node *base_fn, uint32_t nr, node **result)
{
    scope s;
    scope_open(&s);
    tensor base = {.a = array_keep(t->base->a), .fn = base_fn, .nr = nr};
    tape_mode before = tape_now;
    tape_now.grad = true;
    tensor *view = tape_algebra.view_of_base(&s, &base, t->a);
    tape_now = before;
    *result = view && view->fn ? node_keep(view->fn) : NULL;
    tensor_clear(&base);
    scope_close(&s);
    return view ? 0 : -1;
}

/* A view of a leaf that is itself a view of what has no history: as PyTorch has it, it still asks for a gradient, which leads nowhere. */
static int tell_view_of_nothing(const tensor *t, node **result)
{
    gradbox *box = gradbox_new();
    node *leaf = box ? leaf_node(box, t->base->a) : NULL;
    gradbox_drop(box);
    if (!leaf || tell_view(t, leaf, 0, result) < 0)
        return -1;
    if (*result) {
        node_drop(node_edges(*result)[0].fn);
        node_edges(*result)[0] = (edge){0};
    }
    return 0;
}

/* The base was written through another member: a base takes the new history over, a view is cut out of it anew. */
int tensor_sync_slow(tensor *t)
{
    viewbase *b = t->base;
    if (tensor_is_view(t) && !b->fn && t->fn && t->fn->kind == &leaf_kind) { /* a leaf stays one: what was written has no history */
        t->gen = b->gen;
        return 0;
    }
    if (tensor_is_view(t) && tensor_view_broken(t) && (t->fn || b->fn))
        return tensor_refuse_view(t, "its base or another view of its base has been modified inplace");
    node *fn = b->fn ? node_keep(b->fn) : NULL;
    bool view = tensor_is_view(t);
    if (view && fn ? tell_view(t, fn, b->nr, &fn) < 0 : view && t->fn && tell_view_of_nothing(t, &fn) < 0)
        return -1;
    int result = move_on(t, fn, view ? 0 : b->nr);
    node_drop(fn);
    if (result == 0)
        t->gen = b->gen;
    return result;
}

/* In a shared family the base moves on: for a write through a view, to a node that puts the view's new
 * value into the base's old one. */
int tensor_rebase(tensor *t, node *fn, uint32_t nr, node *slices)
{
    viewbase *b = t->base;
    if (!b)
        return move_on(t, fn, nr);
    node *base_fn = fn ? node_keep(fn) : NULL;
    uint32_t base_nr = nr;
    if (tensor_is_view(t)) {
        node_drop(base_fn);
        if (!(base_fn = slices ? slices : tape_algebra.copy_slices(b, t->a, fn, nr)))
            return -1;
        base_nr = 0;
    }
    node *was = b->fn; /* dropped last: it may run the host's code */
    b->fn = base_fn;
    b->nr = base_nr;
    b->gen++;
    int result = 0;
    if (!tensor_is_view(t)) {
        t->gen = b->gen;
        result = move_on(t, fn, nr);
    }
    node_drop(was);
    return result;
}

/* Does node `leaf` tell of a what a new one would? */
static bool leaf_tells(node *leaf, const array *a)
{
    int ndim;
    ct_dtype dtype;
    const int64_t *size = node_out_size(leaf, 0, &ndim, &dtype);
    if (ndim != a->ndim || dtype != a->dtype || !layout_same(size, array_size(a), ndim))
        return false;
    return leaf->n_param ? layout_same(node_params(leaf), array_visible_stride(a), ndim) : array_shows_contiguous(a);
}

/* Graphs that were recorded before go on with the node that they know. */
int tensor_set_data(tensor *t, const array *source)
{
    array *a = t->base ? array_alias_with_version(source, t->a) : array_alias_unversioned(source);
    bool new_leaf = a && t->fn && t->fn->kind == &leaf_kind && !leaf_tells(t->fn, a);
    node *fn = new_leaf ? leaf_renewed(t->fn, a) : NULL;
    if (!a || (new_leaf && !fn)) {
        array_drop(a);
        return -1;
    }
    *a->ver = *t->a->ver;
    array *was = tensor_show(t, a); /* dropped last: it may run the host's code */
    if (fn && t->base && !tensor_is_view(t))
        node_set(&t->base->fn, node_keep(fn));
    if (fn)
        node_set(&t->fn, fn);
    array_drop(was);
    return 0;
}

int tensor_restride(tensor *t, array *a, node *fn)
{
    bool leaf = t->fn && t->fn->kind == &leaf_kind;
    if (!fn && t->fn && !leaf)
        t->fn->flags |= N_RESHAPED;
    node *fresh = fn ? node_keep(fn) : leaf ? leaf_renewed(t->fn, a) : NULL; /* a leaf's node tells the shape of its gradient */
    if (leaf && !fresh) {
        array_drop(a);
        return -1;
    }
    array *was = tensor_show(t, a); /* dropped last: it may run the host's code */
    if (t->base && !tensor_is_view(t)) {
        array_set(&t->base->a, array_keep(a));
        if (fresh) {
            t->base->nr = 0;
            t->gen = ++t->base->gen;
            node_set(&t->base->fn, node_keep(fresh));
        }
    }
    if (fresh)
        set_fn(t, fresh, 0);
    node_drop(fresh);
    array_drop(was);
    return 0;
}
