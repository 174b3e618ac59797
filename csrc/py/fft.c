/* Correlations by numpy.fft, for products of large Hankel and Toeplitz matrices: ctgrad/_fft.py over borrowed memory. */
#include "ops/product_host.h"
#include "py/py.h"

/* New view of n doubles. */
static PyObject *view(const double *at, int64_t n, int how) { return PyMemoryView_FromMemory((char *)at, (Py_ssize_t)(n * (int64_t)sizeof *at), how); }

static int correlate(const double *x, int64_t rows, int64_t k, const double *w, int64_t kw, int64_t n, int64_t size, bool full, double *y, double *work)
{
    static PyObject *function;
    if (!function) {
        PyObject *module = PyImport_ImportModule("ctgrad._fft");
        function = module ? PyObject_GetAttrString(module, "correlate") : NULL;
        Py_XDECREF(module);
    }
    PyObject *done = NULL;
    if (function)
        done = PyObject_CallFunction(function, "NLLNNLLON", view(x, rows * k, PyBUF_READ), (long long)rows, (long long)k, view(w, full ? rows * kw : kw, PyBUF_READ),
                                     view(y, full ? n : rows * n, PyBUF_WRITE), (long long)n, (long long)size, full ? Py_True : Py_False,
                                     view(work, 2 * rows * (size + 2), PyBUF_WRITE));
    if (!done)
        py_note_foreign();
    Py_XDECREF(done);
    return done ? 0 : -1;
}

void py_fft_setup(void) { product_fft = correlate; }
