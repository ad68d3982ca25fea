/*
 * Charts as SVG within an HTML document: lines over time, bars of a ranking.
 *
 *   numbers → chart_lines(), chart_bars() → <svg role="img"> with <title> and <desc>
 *
 * No script and no style: presentation attributes alone, which a style sheet may replace by the classes ("chart",
 * "chart-axis", "chart-grid", "chart-words", "chart-1" … "chart-4" of the series). Series differ in lightness, dashes
 * and width, so that they can be told apart on grey paper. A chart shows what a table beside it says: the table is the
 * caller's. What is not finite is a gap.
 *
 * Texts are plain; they are escaped here.
 */
#ifndef NOROSHI_DARKNET_CHART_H
#define NOROSHI_DARKNET_CHART_H

#include "base/text.h"

#define CHART_SERIES 4

struct chart_series {
	struct text name;     /* empty: no legend for it */
	const double *values; /* as many as the chart has labels */
};

struct chart {
	const char *id; /* of the document's own: letters, digits, "-" */
	struct text title, description, unit;
	struct chart_series series[CHART_SERIES];
	size_t series_count;
	/* Of each place. Lines: places with an empty one have no mark on the axis; where all do not fit, every second,
	 * third … is shown. */
	const struct text *labels;
	size_t count;
	unsigned decimals; /* of the numbers beside bars */
};

void chart_lines(const struct chart *chart, struct builder *to);
/* A row for each place, the first on top; with two series the second is thinner. What is negative has no bar. */
void chart_bars(const struct chart *chart, struct builder *to);

/* "1,234.50"; "–" of what is not finite. */
#define CHART_NUMBER 48
char *chart_number(double value, unsigned decimals, char to[static CHART_NUMBER]);

#endif
