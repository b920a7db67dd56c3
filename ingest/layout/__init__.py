"""From glyphs to text in the order in which a reader's eye takes it.

The order of glyphs in a file is only a hint: browsers draw formulas after their paragraph, and
programs for slides draw text boxes in the order in which they were made. So a page is built from
where its glyphs are:

1. `glyphs` reads characters with their baseline, advance, size and font, once each; `symbols` knows
   the fonts whose codes are not what they show.
2. `lines` joins glyphs on one baseline into `segments`; `accents`, `scripts` and `fractions` write
   what is set above, below or within a segment into it.
3. `order` finds columns and tables, and puts the segments into reading order.
4. `page` does all of it for a page.

Lengths are points in the page as it is shown, downwards from its top left corner; thresholds are
multiples of the font size (em).
"""
