/* The regularised incomplete gamma functions P and Q = 1 - P, in float64. Near a, from 20 on, Temme's uniform expansion (NIST DLMF 8.12);
 * else P by its power series (8.11.4) where x is small or below a, Q of small a and x by the series of the other (8.7.3), and Q elsewhere by
 * Legendre's continued fraction (8.9.2). */
#include "kernel/kernel.h"
#include "kernel/number.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { ORDERS = 12, POWERS = 26, STEPS = 2000 };
static double temme[ORDERS][POWERS]; /* d(k, n) of DLMF 8.12.9 */

/* d(k, n) by the recurrences 8.12.11 and 12, from the coefficients of x / a by eta, which also make up Stirling's (5.11.5). */
void k_incomplete_prepare(void)
{
    enum { MOST = POWERS + 2 * ORDERS + 3 };
    static bool prepared;
    if (prepared)
        return;
    long double alpha[MOST + 1] = {0, 1, 1 / 3.0L, 1 / 36.0L}, d[ORDERS][MOST] = {{0}}, stirling = 1;
    for (int n = 4; n <= MOST; n++) {
        long double sum = alpha[n - 1];
        for (int k = 2; k < n; k++)
            sum -= k * alpha[k] * alpha[n - k + 1];
        alpha[n] = sum / (n + 1);
    }
    for (int n = 0; n + 2 <= MOST; n++)
        d[0][n] = n ? (n + 2) * alpha[n + 2] : -1 / 3.0L;
    for (int k = 1; k < ORDERS; k++) {
        stirling = 1;
        for (int i = 3; i <= 2 * k + 1; i += 2)
            stirling *= i;
        stirling *= (k % 2 ? -1 : 1) * alpha[2 * k + 1];
        for (int n = 0; n + 2 * k + 2 <= MOST; n++)
            d[k][n] = stirling * d[0][n] + (n + 2) * d[k - 1][n + 2];
    }
    for (int k = 0; k < ORDERS; k++)
        for (int n = 0; n < POWERS; n++)
            temme[k][n] = (double)d[k][n];
    prepared = true;
}

/* log(1 + x) - x, x > -1. */
static double log1p_less(double x)
{
    if (fabs(x) > 0.5)
        return log1p(x) - x;
    double sum = 0, power = x;
    for (int n = 2; n < 64; n++) {
        double term = (power *= -x) / n;
        sum += term;
        if (fabs(term) <= DBL_EPSILON / 4 * fabs(sum))
            break;
    }
    return sum;
}

/* log(gamma(1 + a)), 0 < a <= 1/2, to the last digits of a small one: the series of zeta(n) - 1. */
static double lgamma_beside_1(double a)
{
    static const double less[] = {0.64493406684822643647, 0.20205690315959428540, 0.082323233711138191516, 0.036927755143369926331, 0.017343061984449139715,
        0.0083492773819228268398, 0.0040773561979443393787, 0.0020083928260822144179, 0.00099457512781808533715, 0.0004941886041194645587,
        0.00024608655330804829864, 0.00012271334757848914675, 6.1248135058704829259e-5, 3.0588236307020493552e-5, 1.5282259408651871733e-5,
        7.6371976378997622736e-6, 3.8172932649998398565e-6, 1.9082127165539389257e-6, 9.5396203387279611315e-7, 4.7693298678780646312e-7,
        2.3845050272773299e-7, 1.1921992596531107307e-7, 5.9608189051259479612e-8, 2.9803503514652280186e-8, 1.4901554828365041235e-8};
    double sum = a * 0.42278433509846713940 - log1p(a), power = -a;
    for (int n = 2; n < 2 + (int)(sizeof less / sizeof *less); n++)
        sum += less[n - 2] * (power *= -a) / n;
    return sum;
}

/* x^a e^-x / gamma(a + 1) */
static double density(double a, double x)
{
    if (a < 10)
        return exp(a * log(x) - x - lgamma(a + 1));
    double b = 1 / (a * a), rest = (1.0 / 12 - b * (1.0 / 360 - b * (1.0 / 1260 - b * (1.0 / 1680 - b * (1.0 / 1188 - b * (691.0 / 360360 - b / 156)))))) / a;
    double mu = (x - a) / a, less = mu < -0.5 ? log(x / a) - mu : log1p_less(mu);
    return exp(a * less - rest) / sqrt(6.28318530717958647693 * a);
}

static double series(double a, double x)
{
    double sum = 1, term = 1;
    for (int k = 1; k < STEPS && term > DBL_EPSILON / 2 * sum; k++)
        sum += term *= x / (a + k);
    return sum * density(a, x);
}

static double fraction(double a, double x)
{
    double b = x + 1 - a, c = 1e300, d = 1 / b, result = d;
    for (int k = 1; k < STEPS; k++) {
        double step = k * (a - k);
        b += 2;
        d = step * d + b;
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = b + step / c;
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        result *= c * d;
        if (fabs(c * d - 1) <= DBL_EPSILON)
            break;
    }
    return result * a * density(a, x);
}

/* Q where both are small. */
static double small_upper(double a, double x)
{
    double factor = 1, sum = 0;
    for (int n = 1; n < STEPS; n++) {
        factor *= -x / n;
        double term = factor / (a + n);
        sum += term;
        if (fabs(term) <= DBL_EPSILON / 2 * fabs(sum))
            break;
    }
    double of_one = a <= 0.5 ? lgamma_beside_1(a) : lgamma(1 + a), log_x = log(x);
    return -expm1(a * log_x - of_one) - exp(a * log_x - of_one) * a * sum;
}

static double uniform(double a, double x, bool upper)
{
    double mu = (x - a) / a, eta = copysign(sqrt(-2 * log1p_less(mu)), mu), sum = 0;
    for (int k = ORDERS - 1; k >= 0; k--) {
        double of_eta = 0;
        for (int n = POWERS - 1; n >= 0; n--)
            of_eta = of_eta * eta + temme[k][n];
        sum = sum / a + of_eta;
    }
    double rest = exp(-0.5 * a * eta * eta) / sqrt(6.28318530717958647693 * a) * sum;
    double tail = 0.5 * erfc((upper ? eta : -eta) * sqrt(a / 2));
    return upper ? tail + rest : tail - rest;
}

static double incomplete(double a, double x, bool upper)
{
    if (!(a >= 0 && x >= 0) || (a == 0 && x == 0) || (isinf(a) && isinf(x)))
        return NAN;
    if (x == 0 || isinf(a))
        return upper;
    if (a == 0 || isinf(x))
        return !upper;
    if (a > 20 && fabs(x - a) < 0.3 * a) /* where the others take some sqrt(a) steps; beyond, a hundred at most */
        return uniform(a, x, upper);
    if (x > 1.1 && x > a)
        return upper ? fraction(a, x) : 1 - fraction(a, x);
    if (upper && x <= 1.1 && (x <= 0.5 ? a <= -0.4 / log(x) : a <= 1.1 * x))
        return small_upper(a, x);
    return upper ? 1 - series(a, x) : series(a, x);
}

#define LOOP(D)                                                                                                   \
    static void incomplete_##D(char *const *p, const int64_t *s, int64_t n, const void *upper)                    \
    {                                                                                                             \
        for (int64_t i = 0; i < n; i++) {                                                                         \
            double a = (double)load_##D(*(const stored_##D *)(p[1] + i * s[1]));                                  \
            double x = (double)load_##D(*(const stored_##D *)(p[2] + i * s[2]));                                  \
            *(stored_##D *)(p[0] + i * s[0]) = store_##D((number_##D)incomplete(a, x, *(const bool *)upper));      \
        }                                                                                                         \
    }
LOOP(F16)
LOOP(BF16)
LOOP(F32)
LOOP(F64)
k_loop *const k_incomplete[DT_COUNT] = {[DT_F16] = incomplete_F16, [DT_BF16] = incomplete_BF16, [DT_F32] = incomplete_F32, [DT_F64] = incomplete_F64};
