/* Finds BLAS and LAPACK: the library of the scipy-openblas32 package, or the one that CTGRAD_BLAS names (a path; 0: no BLAS, LAPACK from the
 * package all the same). It stays loaded.
 *
 * It is loaded as if OPENBLAS_NUM_THREADS were 1, so that it starts no threads of its own (ours cut the products, and call it at once) and
 * survives fork. */
#include "base/blas.h"
#include "py/py.h"
#if defined(_WIN32)
#include <windows.h>
#define open_library(path) ((void *)LoadLibraryA(path))
#define find_symbol(library, name) ((void *)GetProcAddress((HMODULE)(library), name))
#define set_variable(name, value) _putenv_s(name, value)
#define clear_variable(name) _putenv_s(name, "")
#else
#include <dlfcn.h>
#define open_library(path) dlopen(path, RTLD_NOW | RTLD_LOCAL)
#define find_symbol(library, name) dlsym(library, name)
#define set_variable(name, value) setenv(name, value, 1)
#define clear_variable(name) unsetenv(name)
#endif

#define THREADS_VARIABLE "OPENBLAS_NUM_THREADS"

static void *open_alone(const char *path)
{
    char before[32] = "";
    const char *set = getenv(THREADS_VARIABLE);
    if (set)
        PyOS_snprintf(before, sizeof before, "%s", set);
    set_variable(THREADS_VARIABLE, "1");
    void *library = open_library(path);
    if (set)
        set_variable(THREADS_VARIABLE, before);
    else
        clear_variable(THREADS_VARIABLE);
    return library;
}

/* New: the package's library without importing the package, whose own import takes longer than loading it; NULL, maybe with an exception. */
static PyObject *packaged_library(void)
{
    static const char code[] =
        "def find():\n"
        "    import glob, importlib.util, os\n"
        "    spec = importlib.util.find_spec('scipy_openblas32')\n"
        "    for place in spec.submodule_search_locations if spec else ():\n"
        "        for pattern in ('libscipy_openblas*.so*', 'libscipy_openblas*.dylib', '*.dll'):\n"
        "            for path in sorted(glob.glob(os.path.join(place, 'lib', pattern))):\n"
        "                return path\n"
        "path = find()\n";
    PyObject *scope = PyDict_New(), *path = NULL;
    if (scope && PyDict_SetItemString(scope, "__builtins__", PyEval_GetBuiltins()) == 0) {
        PyObject *done = PyRun_String(code, Py_file_input, scope, scope);
        path = done ? Py_XNewRef(PyDict_GetItemString(scope, "path")) : NULL;
        Py_XDECREF(done);
    }
    Py_XDECREF(scope);
    return path;
}

/* NULL: there is none, which is no error. Threads that ask at once find the same. */
static void *the_library(void)
{
    static bool sought;
    static void *library;
    if (sought)
        return library;
    const char *wanted = getenv("CTGRAD_BLAS");
    void *found = NULL;
    if (wanted && *wanted && strcmp(wanted, "0"))
        found = open_alone(wanted);
    else {
        PyObject *type, *value, *trace;
        PyErr_Fetch(&type, &value, &trace);
        PyObject *path = packaged_library();
        const char *text = path && path != Py_None ? PyUnicode_AsUTF8(path) : NULL;
        found = text ? open_alone(text) : NULL;
        Py_XDECREF(path);
        PyErr_Restore(type, value, trace);
    }
    library = found;
    sought = true;
    return library;
}

void *py_blas_symbol(const char *name)
{
    static const char *const prefixes[] = {"scipy_", ""};
    void *library = the_library(), *found = NULL;
    char full[64];
    for (int i = 0; i < 2 && library && !found; i++) {
        PyOS_snprintf(full, sizeof full, "%s%s", prefixes[i], name);
        found = find_symbol(library, full);
    }
    return found;
}

static void find_blas(void)
{
    const char *wanted = getenv("CTGRAD_BLAS");
    if (wanted && !strcmp(wanted, "0"))
        return;
    ct_blas_calls found = {(ct_sgemm *)py_blas_symbol("cblas_sgemm"), (ct_dgemm *)py_blas_symbol("cblas_dgemm")};
    if (found.sgemm && found.dgemm)
        ct_blas = found;
}

void py_blas_setup(void) { ct_blas_find = find_blas; }
