/*
 * Charts as SVG; see chart.h. Lengths are of the viewBox, whose unit is about a pixel.
 */
#include "darknet/view/chart.h"

#include <math.h>
#include <stdio.h>

enum {
	WIDTH = 720,
	HEIGHT = 256, /* of lines */
	LEFT = 72,
	RIGHT = 16,
	TOP = 46, /* unit, and below it the legend */
	BOTTOM = 26,
	LABELS = 8,  /* on the axis of time, at most */
	ROW = 26,    /* of bars */
	ITEM = 132,  /* the labels of bars */
	FIGURE = 96, /* the numbers behind them */
	LETTER = 13  /* size; wide letters are as wide */
};

/* Dark to light, and each with its own dashes. */
static const struct look {
	const char *colour, *dashes;
	double width;
} looks[CHART_SERIES] = {
	{ "#12395b", "", 1.8 },
	{ "#b4500f", "7 3", 1.6 },
	{ "#3f8f6b", "2 3", 1.8 },
	{ "#8a8f98", "9 3 2 3", 1.6 },
};

char *chart_number(double value, unsigned decimals, char to[static CHART_NUMBER])
{
	char digits[CHART_NUMBER];
	size_t size = 0;

	if (!isfinite(value)) {
		snprintf(to, CHART_NUMBER, "–");
		return to;
	}
	if (fabs(value) >= 1e18) {
		snprintf(to, CHART_NUMBER, "%.3g", value);
		return to;
	}
	snprintf(digits, sizeof digits, "%.*f", decimals < 9 ? (int)decimals : 9, value);
	size_t sign = digits[0] == '-', whole = strcspn(digits, "."), length = strlen(digits);
	for (size_t i = 0; i <= length; i++) {
		if (i > sign && i < whole && (whole - i) % 3 == 0)
			to[size++] = ',';
		to[size++] = digits[i];
	}
	return to;
}

/* ── frame ─ */

static void open_chart(const struct chart *chart, int height, struct builder *to)
{
	build_format(to,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 %d %d\" width=\"%d\" "
	    "height=\"%d\" "
	    "role=\"img\" aria-labelledby=\"%s-title %s-desc\" font-size=\"%d\">\n<title id=\"%s-title\">",
	    WIDTH, height, WIDTH, height, chart->id, chart->id, LETTER, chart->id);
	build_html(to, chart->title);
	build_format(to, "</title>\n<desc id=\"%s-desc\">", chart->id);
	build_html(to, chart->description);
	build_text(to, TEXT("</desc>\n"));
}

static void put_words(struct builder *to, double x, double y, const char *anchor, struct text words)
{
	build_format(
	    to, "<text class=\"chart-words\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#23262b\">", x, y, anchor);
	build_html(to, words);
	build_text(to, TEXT("</text>\n"));
}

static void put_line(
    struct builder *to, const char *class, double x1, double y1, double x2, double y2, const char *colour)
{
	build_format(to,
	    "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"1\"/>\n",
	    class, x1, y1, x2, y2, colour);
}

/* How wide words are, about: letters beyond ASCII are wide. */
static double width_of(struct text words)
{
	double width = 0;

	for (size_t i = 0; i < words.size; i++) {
		unsigned char byte = (unsigned char)words.at[i];
		if (byte < 0x80)
			width += LETTER * 0.58;
		else if (byte >= 0xc0)
			width += LETTER;
	}
	return width;
}

/* The unit, and on the line below the names of the series. */
static void put_legend(const struct chart *chart, bool bars, struct builder *to)
{
	double x = bars ? ITEM : LEFT;

	put_words(to, 4, 14, "start", chart->unit);
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct look *look = &looks[i];
		if (chart->series[i].name.size == 0)
			continue;
		put_words(to, x + 34, 34, "start", chart->series[i].name);
		if (bars)
			build_format(to,
			    "<rect class=\"chart-%zu\" x=\"%.1f\" y=\"24\" width=\"26\" height=\"%d\" fill=\"%s\"/>\n",
			    i + 1, x, i ? 6 : 11, look->colour);
		else
			build_format(to,
			    "<path class=\"chart-%zu\" d=\"M%.1f 30h28\" fill=\"none\" stroke=\"%s\" "
			    "stroke-width=\"%.1f\" stroke-dasharray=\"%s\"/>\n",
			    i + 1, x, look->colour, look->width, look->dashes[0] ? look->dashes : "none");
		x += 34 + width_of(chart->series[i].name) + 18;
	}
}

/* The largest value that is there; 0 when there is none. */
static double most_of(const struct chart *chart)
{
	double most = 0;

	for (size_t i = 0; i < chart->series_count; i++)
		for (size_t j = 0; j < chart->count; j++) {
			double value = chart->series[i].values[j];
			if (isfinite(value) && value > most)
				most = value;
		}
	return most;
}

/* A round step, of which at most five reach `most`. */
static double step_of(double most)
{
	static const double rounds[] = { 1, 2, 2.5, 5, 10 };

	if (!(most > 0))
		return 1;
	double power = pow(10, floor(log10(most / 5)));
	for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++)
		if (rounds[i] * power * 5 >= most)
			return rounds[i] * power;
	return 10 * power;
}

static unsigned decimals_of(double step)
{
	for (unsigned decimals = 0; decimals < 6; decimals++) {
		double scaled = step * pow(10, decimals);
		if (fabs(scaled - round(scaled)) < 1e-6 * scaled)
			return decimals;
	}
	return 6;
}

/* ── lines ─ */

struct scale {
	double step, most; /* of values */
	size_t count;
};

static double place_x(const struct scale *scale, size_t i)
{
	double room = WIDTH - LEFT - RIGHT;

	return LEFT + (scale->count > 1 ? room * (double)i / (double)(scale->count - 1) : room / 2);
}

static double place_y(const struct scale *scale, double value)
{
	return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / scale->most;
}

static void put_values_axis(const struct scale *scale, struct builder *to)
{
	char words[CHART_NUMBER];
	unsigned decimals = decimals_of(scale->step);

	for (unsigned i = 0; i * scale->step <= scale->most * 1.000001; i++) {
		double y = place_y(scale, i * scale->step);
		put_line(to, i ? "chart-grid" : "chart-axis", LEFT, y, WIDTH - RIGHT, y, i ? "#d5d9de" : "#23262b");
		put_words(to, LEFT - 6, y + 4, "end", text_of(chart_number(i * scale->step, decimals, words)));
	}
}

static void put_places_axis(const struct chart *chart, const struct scale *scale, struct builder *to)
{
	size_t marked = 0, seen = 0;

	for (size_t i = 0; i < chart->count; i++)
		marked += chart->labels[i].size > 0;
	size_t every = (marked + LABELS - 1) / LABELS;
	for (size_t i = 0; i < chart->count; i++) {
		if (chart->labels[i].size == 0 || seen++ % every != 0)
			continue;
		double x = place_x(scale, i);
		put_line(to, "chart-axis", x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 4, "#23262b");
		double half = width_of(chart->labels[i]) / 2;
		put_words(to, fmin(x, WIDTH - 2 - half), HEIGHT - 6, "middle", chart->labels[i]);
	}
}

/* Runs of values with gaps between them; a run of one is a dot, for it has no line. */
static void put_series(const struct chart *chart, const struct scale *scale, size_t series, struct builder *to)
{
	const struct look *look = &looks[series];
	const double *values = chart->series[series].values;
	struct builder dots = { 0 };
	bool within = false;

	build_format(to,
	    "<path class=\"chart-%zu\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-linejoin=\"round\" "
	    "stroke-dasharray=\"%s\" d=\"",
	    series + 1, look->colour, look->width, look->dashes[0] ? look->dashes : "none");
	for (size_t i = 0; i < chart->count; i++) {
		bool here = isfinite(values[i]), next = i + 1 < chart->count && isfinite(values[i + 1]);
		if (here && (within || next))
			build_format(to, "%c%.1f %.1f", within ? 'L' : 'M', place_x(scale, i),
			    place_y(scale, fmax(values[i], 0)));
		else if (here)
			build_format(&dots,
			    "<circle class=\"chart-%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n", series + 1,
			    place_x(scale, i), place_y(scale, fmax(values[i], 0)), look->colour);
		within = here;
	}
	build_text(to, TEXT("\"/>\n"));
	build_text(to, (struct text){ dots.at, dots.size });
	to->failed |= dots.failed;
	builder_free(&dots);
}

void chart_lines(const struct chart *chart, struct builder *to)
{
	double most = most_of(chart), step = step_of(most);
	struct scale scale = { step, most > 0 ? ceil(most / step - 1e-9) * step : step, chart->count };

	open_chart(chart, HEIGHT, to);
	put_legend(chart, false, to);
	put_values_axis(&scale, to);
	put_places_axis(chart, &scale, to);
	for (size_t i = 0; i < chart->series_count; i++)
		put_series(chart, &scale, i, to);
	build_text(to, TEXT("</svg>\n"));
}

/* ── bars ─ */

static void put_bar(const struct chart *chart, size_t row, size_t series, double most, struct builder *to)
{
	double value = chart->series[series].values[row], room = WIDTH - ITEM - FIGURE - RIGHT;
	double each = chart->series_count > 1 ? (series ? 6 : 11) : 16, y = TOP + (double)row * ROW + 3;

	if (isfinite(value) && value > 0)
		build_format(to,
		    "<rect class=\"chart-%zu\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
		    series + 1, ITEM, series ? y + 12 : y, fmax(room * value / most, 0.5), each, looks[series].colour);
}

void chart_bars(const struct chart *chart, struct builder *to)
{
	char words[CHART_NUMBER];
	double most = most_of(chart), room = WIDTH - ITEM - FIGURE - RIGHT;
	int height = TOP + (int)chart->count * ROW + 4;

	open_chart(chart, height, to);
	put_legend(chart, true, to);
	put_line(to, "chart-axis", ITEM, TOP, ITEM, height - 4, "#23262b");
	for (size_t i = 0; i < chart->count; i++) {
		double value = chart->series[0].values[i], y = TOP + (double)i * ROW + 15;
		double longest = 0;
		put_words(to, ITEM - 6, y, "end", chart->labels[i]);
		for (size_t j = 0; j < chart->series_count && j < 2; j++) {
			put_bar(chart, i, j, most, to);
			if (isfinite(chart->series[j].values[i]))
				longest = fmax(longest, chart->series[j].values[i]);
		}
		put_words(to, ITEM + 6 + (most > 0 ? room * longest / most : 0), y, "start",
		    text_of(chart_number(value, chart->decimals, words)));
	}
	build_text(to, TEXT("</svg>\n"));
}
