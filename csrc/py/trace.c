/* Anomaly mode: where a node was recorded, told when its formula fails. */
#include "py/tensor_type.h"

static void drop_trace(void *trace) { py_drop(trace); }

static PyObject *stack_text(void)
{
    PyObject *module = PyImport_ImportModule("traceback"), *lines = NULL, *text = NULL, *nothing = PyUnicode_FromString("");
    if (module)
        lines = PyObject_CallMethod(module, "format_stack", NULL);
    if (lines && nothing)
        text = PyUnicode_Join(nothing, lines);
    Py_XDECREF(module);
    Py_XDECREF(lines);
    Py_XDECREF(nothing);
    return text;
}

/* Recording must not fail for want of an explanation: errors here are dropped. */
static void note(node *n)
{
    node_extra *x = node_extras(n);
    PyObject *text = x ? stack_text() : NULL;
    if (!text)
        PyErr_Clear();
    else {
        x->trace = text;
        x->release_trace = drop_trace;
    }
}

/* A warning beside the error, which stays pending. */
static void explain(node *n)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *where = n->extra ? n->extra->trace : NULL;
    PyObject *text = where ? PyUnicode_FromFormat("Error detected in %s. Traceback of forward call that caused the error:\n%U", node_name(n), where)
                           : PyUnicode_FromFormat("Error detected in %s. No forward pass information available. Enable detect anomaly during forward pass for more information.", node_name(n));
    if (!text || PyErr_WarnEx(PyExc_UserWarning, PyUnicode_AsUTF8(text), 1) < 0) {
        PyErr_Clear();
        if (text) /* where warnings are errors: the error that is pending is the one to raise */
            PySys_FormatStderr("UserWarning: %U\n", text);
    }
    Py_XDECREF(text);
    PyErr_Restore(type, value, traceback);
}

void py_trace_setup(void)
{
    tape_trace = note;
    tape_explain = explain;
}
