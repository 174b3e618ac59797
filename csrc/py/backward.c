/* How a backward run is started: callbacks that wait for its end, and a fresh stack for runs nested deeply (a Function or hook that
 * calls backward, whose Functions do ...), since each nesting takes some of the C stack and of Python's recursion limit. */
#include "py/hooks.h"
#include <pthread.h>

enum { NESTED_PER_THREAD = 50 };

/* Of the innermost run of this thread: a list made on demand. */
static _Thread_local PyObject *callbacks;

PyObject *py_queue_callback(PyObject *module, PyObject *callback)
{
    (void)module;
    if (!tape_now.depth)
        return PyErr_Format(PyExc_RuntimeError, "Final callbacks can only be installed during backward pass.");
    if ((!callbacks && !(callbacks = PyList_New(0))) || PyList_Append(callbacks, callback) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* Callbacks may add callbacks. */
static int call_back(PyObject *list)
{
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PyObject *done = PyObject_CallNoArgs(PyList_GET_ITEM(list, i));
        if (!done)
            return -1;
        Py_DECREF(done);
    }
    return 0;
}

static int run_here(const backward *b)
{
    PyObject *outer = callbacks;
    callbacks = NULL;
    int result = tape_backward(b) < 0 ? py_raise_int() : 0;
    if (result == 0 && callbacks) {
        tape_now.depth++;
        result = call_back(callbacks);
        tape_now.depth--;
    }
    Py_XDECREF(callbacks);
    callbacks = outer;
    return result;
}

typedef struct hop {
    const backward *b;
    tape_mode mode;
    py_saved_hooks hooks;
    int result;
    PyObject *type, *value, *traceback; /* the pending exception on its way to the thread that waits */
} hop;

static void *run_there(void *p)
{
    hop *h = p;
    PyGILState_STATE state = PyGILState_Ensure();
    tape_now = h->mode;
    py_saved_now = h->hooks;
    h->result = run_here(h->b);
    if (h->result < 0)
        PyErr_Fetch(&h->type, &h->value, &h->traceback);
    h->hooks = py_saved_now;
    PyGILState_Release(state);
    return NULL;
}

int py_run_backward(const backward *b)
{
    if (!tape_now.depth || tape_now.depth % NESTED_PER_THREAD)
        return run_here(b);
    hop h = {.b = b, .mode = tape_now, .hooks = py_saved_now};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_there, &h)) {
        PyErr_Format(PyExc_RuntimeError, "backward: no thread for the %uth run nested in others", tape_now.depth);
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    py_saved_now = h.hooks;
    py_note_saved_hooks();
    if (h.result < 0)
        PyErr_Restore(h.type, h.value, h.traceback);
    return h.result;
}
