/* What a run adds to the .grad of a leaf. */
#include "tape/run.h"

/* Is g laid out as the leaf's gradient should be: as the leaf itself where that is dense, else row-major? */
static bool fits_leaf(node *leaf, const array *g)
{
    if (!leaf->n_param) /* one element, or none, may be shown with any strides; users see row-major ones */
        return array_shows_contiguous(g) && (g->numel > 1 || g->ndim == 0 || array_visible_stride(g)[g->ndim - 1] == 1);
    const int64_t *want = node_params(leaf), *have = array_visible_stride(g), *size = array_size(g);
    for (int d = 0; d < g->ndim; d++)
        if (size[d] != 1 && have[d] != want[d])
            return false;
    return true;
}

tensor *leaf_grad_now(scope *s, const gradbox *box)
{
    tensor *have = scope_new(s);
    if (have)
        tensor_copy(have, box->grad);
    return have;
}
static int add_into_leaf(gradbox *box, tensor *g)
{
    tensor have;
    tensor_copy(&have, box->grad);
    int result = tape_algebra.add_into(&have, g);
    if (box->grad && box->grad->a == have.a)
        box->grad->gen = have.gen;
    tensor_clear(&have);
    return result;
}

/* The first gradient is taken over when nothing else holds it, copied otherwise; later ones are added in place,
 * so that whoever holds .grad sees them (out of place when the sum itself is recorded, as in PyTorch). */
int leaf_add(const run *r, node *leaf, tensor *g)
{
    scope s;
    gradbox *box = leaf_box(leaf);
    if (box->grad && !r->task->create_graph)
        return add_into_leaf(box, g);
    bool held = g->a->refs > 1 || g->a->st->refs > 1 || !fits_leaf(leaf, g->a);
    scope_open(&s);
    if (box->grad)
        g = tape_algebra.add(&s, leaf_grad_now(&s, box), g);
    else if (r->task->create_graph)
        g = tape_algebra.recorded_copy(&s, g, leaf->n_param ? node_params(leaf) : NULL);
    else if (held && (g = tape_algebra.detached_copy(&s, g, leaf->n_param ? node_params(leaf) : NULL)))
        tensor_wrote(g, "copy_"); /* once, as PyTorch counts */
    int result = g ? gradbox_set(box, g, NULL) : -1;
    scope_close(&s);
    return result;
}
