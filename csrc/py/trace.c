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

static PyObject *trace_of(const node *n) { return n->extra && n->extra->trace ? n->extra->trace : Py_None; }

/* (where n is recorded, name of the node whose gradient records it or None, the same of that node or None) */
static PyObject *trace_now(void)
{
    const node *by = tape_running();
    PyObject *text = stack_text(), *made = !text ? NULL : by ? Py_BuildValue("(OsO)", text, node_name(by), trace_of(by)) : Py_BuildValue("(OOO)", text, Py_None, Py_None);
    Py_XDECREF(text);
    return made;
}

/* Recording must not fail for want of an explanation: errors here are dropped. */
static void note(node *n)
{
    node_extra *x = node_extras(n);
    PyObject *trace = x ? trace_now() : NULL;
    if (!trace)
        PyErr_Clear();
    else {
        x->trace = trace;
        x->release_trace = drop_trace;
    }
}

static void warn(PyObject *text)
{
    if (!text || PyErr_WarnEx(PyExc_UserWarning, PyUnicode_AsUTF8(text), 1) < 0) {
        PyErr_Clear();
        if (text) /* where warnings are errors: the error that is pending is the one to raise */
            PySys_FormatStderr("UserWarning: %U\n", text);
    }
    Py_XDECREF(text);
}

#define NOTHING_NOTED "No forward pass information available. Enable detect anomaly during forward pass for more information."
/* Warnings beside the error, which stays pending: of the node, then of those whose gradients recorded it. */
static void explain(node *n)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *trace = trace_of(n);
    warn(trace != Py_None ? PyUnicode_FromFormat("Error detected in %s. Traceback of forward call that caused the error:\n%U", node_name(n), PyTuple_GET_ITEM(trace, 0))
                          : PyUnicode_FromFormat("Error detected in %s. " NOTHING_NOTED, node_name(n)));
    while (trace != Py_None && PyTuple_GET_ITEM(trace, 1) != Py_None) {
        PyObject *by = PyTuple_GET_ITEM(trace, 1);
        trace = PyTuple_GET_ITEM(trace, 2);
        warn(trace != Py_None ? PyUnicode_FromFormat("\n\nPrevious calculation was induced by %U. Traceback of forward call that induced the previous calculation:\n%U", by,
                                                     PyTuple_GET_ITEM(trace, 0))
                              : PyUnicode_FromFormat("\n\nPrevious calculation was induced by %U. " NOTHING_NOTED, by));
    }
    PyErr_Restore(type, value, traceback);
}

void py_trace_setup(void)
{
    tape_trace = note;
    tape_explain = explain;
}
