/* Singular values by one-sided Jacobi rotations (Hestenes 1958): columns are turned in pairs until all are at right angles. */
#include "kernel/svd.h"
#include <math.h>
#include <stdbool.h>

enum { SWEEPS = 60 }; /* a handful are enough; the bound ends what rounding keeps going */

static double dot(const double *a, int64_t n, int64_t m, int64_t p, int64_t q)
{
    double sum = 0;
    for (int64_t i = 0; i < m; i++)
        sum += a[i * n + p] * a[i * n + q];
    return sum;
}
static void rotate(double *a, int64_t n, int64_t m, int64_t p, int64_t q, double c, double s)
{
    for (int64_t i = 0; i < m; i++) {
        double x = a[i * n + p], y = a[i * n + q];
        a[i * n + p] = c * x - s * y;
        a[i * n + q] = s * x + c * y;
    }
}
static bool turn(double *w, double *v, int64_t m, int64_t n, int64_t p, int64_t q)
{
    double a = dot(w, n, m, p, p), b = dot(w, n, m, q, q), both = dot(w, n, m, p, q);
    if (both == 0 || fabs(both) <= 1e-15 * sqrt(a) * sqrt(b))
        return false;
    double z = (b - a) / (2 * both), t = (z < 0 ? -1 : 1) / (fabs(z) + sqrt(1 + z * z)), c = 1 / sqrt(1 + t * t);
    rotate(w, n, m, p, q, c, c * t);
    rotate(v, n, n, p, q, c, c * t);
    return true;
}
static void swap(double *a, int64_t n, int64_t m, int64_t p, int64_t q)
{
    for (int64_t i = 0; i < m; i++) {
        double x = a[i * n + p];
        a[i * n + p] = a[i * n + q];
        a[i * n + q] = x;
    }
}
/* A column of no length becomes a unit vector at right angles to those before it: the axis that they reach least, less their share. */
static void complete(double *w, int64_t m, int64_t n, int64_t j)
{
    int64_t best = 0;
    double least = INFINITY;
    for (int64_t i = 0; i < m; i++) {
        double reach = 0;
        for (int64_t k = 0; k < j; k++)
            reach += w[i * n + k] * w[i * n + k];
        if (reach < least)
            least = reach, best = i;
    }
    for (int64_t i = 0; i < m; i++)
        w[i * n + j] = i == best;
    for (int twice = 0; twice < 2; twice++)
        for (int64_t k = 0; k < j; k++) {
            double share = dot(w, n, m, j, k);
            for (int64_t i = 0; i < m; i++)
                w[i * n + j] -= share * w[i * n + k];
        }
    double length = sqrt(dot(w, n, m, j, j));
    for (int64_t i = 0; i < m; i++)
        w[i * n + j] /= length;
}

void k_svd(double *w, double *v, double *s, int64_t m, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < m * n; i++)
        largest = fmax(largest, fabs(w[i]));
    double scale = largest > 0 ? largest : 1; /* squares neither overflow nor vanish */
    for (int64_t i = 0; i < m * n; i++)
        w[i] /= scale;
    for (int64_t i = 0; i < n * n; i++)
        v[i] = i % (n + 1) == 0;
    bool turned = true;
    for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (int64_t p = 0; p < n; p++)
            for (int64_t q = p + 1; q < n; q++)
                turned |= turn(w, v, m, n, p, q);
    }
    for (int64_t j = 0; j < n; j++)
        s[j] = sqrt(dot(w, n, m, j, j));
    for (int64_t j = 0; j < n; j++) {
        int64_t top = j;
        for (int64_t k = j + 1; k < n; k++)
            top = s[k] > s[top] ? k : top;
        double value = s[top];
        s[top] = s[j];
        s[j] = value;
        swap(w, n, m, j, top);
        swap(v, n, n, j, top);
    }
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; s[j] > 1e-300 && i < m; i++)
            w[i * n + j] /= s[j];
        if (s[j] <= 1e-300)
            complete(w, m, n, j);
        s[j] *= scale;
    }
}
