$d0_0 << EOD
5 0.250625 0.24268362203989097 0.258566377960109
10 0.263125 0.255183622039891 0.271066377960109
100 0.375625 0.36768362203989097 0.383566377960109


5 0.25
10 0.2625
100 0.375

5 0.25125
10 0.26375
100 0.37625

EOD
$d0_1 << EOD
5 0.250625 0.24268362203989097 0.258566377960109
10 0.263125 0.255183622039891 0.271066377960109
100 0.375625 0.36768362203989097 0.383566377960109


5 0.25
10 0.2625
100 0.375

5 0.25125
10 0.26375
100 0.37625

EOD
set multiplot
unset key
set tics out nomirror
set border 3 lc rgb '#404040'
set grid lc rgb '#e4e4e4' lt 1 lw 0.6
set lmargin at screen 0.13376
set rmargin at screen 0.96178
set tmargin at screen 0.80676
set bmargin at screen 0.25121
set title '' noenhanced offset 0,-0.6
set xlabel 'step' noenhanced
set ylabel 'value' noenhanced offset 0.5,0
set logscale x
set xrange [4.304458296658674:116.15863496415425]
set xtics (5, 10, 20, 50, 100)
set format x '%g'
unset logscale y
set yrange [0:0.38256249999999997]
set ytics autofreq
set format y '%g'
unset arrow
set xtics add ('0' 5)
set label 'A ''figure''' at screen 0.50000,0.95652 center font ',14' noenhanced
set label 'Thick: mean over seeds; thin: single runs; band: 95% t-interval, cut at the frame; n = 2 seeds;' at screen 0.01911,0.07367 left font ',9' tc rgb '#404040' noenhanced
set label 'query 9d91a769ba34, commits unknown, 4 runs.' at screen 0.01911,0.03744 left font ',9' tc rgb '#404040' noenhanced
set arrow from screen 0.34745,0.89372 to screen 0.38885,0.89372 nohead lc rgb '#0072B2' dt 1 lw 1.8
set label '' at screen 0.36815,0.89372 point pt 7 ps 0.7 lc rgb '#0072B2'
set label 'vanilla' at screen 0.40159,0.89372 left noenhanced
set arrow from screen 0.51592,0.89372 to screen 0.55732,0.89372 nohead lc rgb '#D55E00' dt 2 lw 1.8
set label '' at screen 0.53662,0.89372 point pt 5 ps 0.7 lc rgb '#D55E00'
set label 'gated' at screen 0.57006,0.89372 left noenhanced
plot NaN notitle, $d0_0 index 0 using 1:3:4 with filledcurves lc rgb '#0072B2' fs transparent solid 0.15 noborder notitle, $d0_1 index 0 using 1:3:4 with filledcurves lc rgb '#D55E00' fs transparent solid 0.15 noborder notitle, $d0_0 index 1 using 1:2 with lines lc rgb '#800072B2' lw 0.6 notitle, $d0_1 index 1 using 1:2 with lines lc rgb '#80D55E00' lw 0.6 notitle, $d0_0 index 0 using 1:2 with linespoints lc rgb '#0072B2' dt 1 pt 7 ps 0.5 lw 2 notitle, $d0_1 index 0 using 1:2 with linespoints lc rgb '#D55E00' dt 2 pt 5 ps 0.5 lw 2 notitle
unset label
unset arrow
unset object
unset multiplot
