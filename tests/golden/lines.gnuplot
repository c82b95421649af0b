$d0_0 << EOD
1 0.25125
10 0.26375
100 0.37625


1 0.25
10 0.2625
100 0.375

1 0.25125
10 0.26375
100 0.37625

1 0.2525
10 0.265
100 0.3775


1 0.24814482786031206 0.2543551721396879
10 0.26064482786031207 0.2668551721396879
100 0.37314482786031206 0.3793551721396879

EOD
$d0_1 << EOD
1 0.25125
10 0.26375
100 0.37625


1 0.25
10 0.2625
100 0.375

1 0.25125
10 0.26375
100 0.37625

1 0.2525
10 0.265
100 0.3775


1 0.24814482786031206 0.2543551721396879
10 0.26064482786031207 0.2668551721396879
100 0.37314482786031206 0.3793551721396879

EOD
set multiplot
unset key
set tics out nomirror
set border 3 lc rgb '#404040'
set grid lc rgb '#e4e4e4' lt 1 lw 0.6
set lmargin at screen 0.17073
set rmargin at screen 0.96341
set tmargin at screen 0.80676
set bmargin at screen 0.25121
set title '' noenhanced offset 0,-0.6
set xlabel 'step' noenhanced
set ylabel 'value' noenhanced offset 0.5,0
set logscale x
set xrange [0.7943282347242815:125.89254117941672]
set xtics ('1' 1, '10' 10, '100' 100) noenhanced
unset logscale y
set yrange [0:0.383875]
set ytics ('0' 0, '0.1' 0.1, '0.2' 0.2, '0.3' 0.3) noenhanced
unset arrow
set xtics ('0' 1, '10' 10, '100' 100) noenhanced
set label 'A ''figure''' at screen 0.50000,0.95652 center font ',14' noenhanced
set label 'Thick: mean over seeds; thin: single runs; band (from 3 seeds on): 95% t-interval, cut at the' at screen 0.01829,0.07367 left font ',9' tc rgb '#404040' noenhanced
set label 'frame; n = 3 seeds; query 9d91a769ba34, commits unknown, 6 runs.' at screen 0.01829,0.03744 left font ',9' tc rgb '#404040' noenhanced
set arrow from screen 0.32957,0.89372 to screen 0.39360,0.89372 nohead lc rgb '#0072B2' dt 1 lw 1.8
set label '' at screen 0.36159,0.89372 point pt 7 ps 0.7 lc rgb '#0072B2'
set label 'vanilla' at screen 0.40579,0.89372 left noenhanced
set arrow from screen 0.51524,0.89372 to screen 0.57927,0.89372 nohead lc rgb '#D55E00' dt 2 lw 1.8
set label '' at screen 0.54726,0.89372 point pt 5 ps 0.7 lc rgb '#D55E00'
set label 'gated' at screen 0.59146,0.89372 left noenhanced
plot NaN notitle, $d0_0 index 2 using 1:2:3 with filledcurves lc rgb '#0072B2' fs transparent solid 0.15 noborder notitle, $d0_1 index 2 using 1:2:3 with filledcurves lc rgb '#D55E00' fs transparent solid 0.15 noborder notitle, $d0_0 index 1 using 1:2 with lines lc rgb '#800072B2' lw 0.6 notitle, $d0_1 index 1 using 1:2 with lines lc rgb '#80D55E00' lw 0.6 notitle, $d0_0 index 0 using 1:2 with linespoints pt 7 ps 0.5 lc rgb '#0072B2' dt 1 lw 2 notitle, $d0_1 index 0 using 1:2 with linespoints pt 5 ps 0.5 lc rgb '#D55E00' dt 2 lw 2 notitle
unset label
unset arrow
unset object
unset multiplot
