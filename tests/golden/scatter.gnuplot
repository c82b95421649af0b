$d0_0 << EOD
0 0.25
10 0.2625
100 0.375
0 0.25125
10 0.26375
100 0.37625
EOD
$d0_1 << EOD
0 0.25
10 0.2625
100 0.375
0 0.25125
10 0.26375
100 0.37625
EOD
set multiplot
unset key
set tics out nomirror
set border 3 lc rgb '#404040'
set grid lc rgb '#e4e4e4' lt 1 lw 0.6
set lmargin at screen 0.19444
set rmargin at screen 0.95833
set tmargin at screen 0.83471
set bmargin at screen 0.21488
set title '' noenhanced offset 0,-0.6
set xlabel 'step' noenhanced
set ylabel 'value' noenhanced offset 0.5,0
unset logscale x
set xrange [-5:105]
set xtics ('0' 0, '20' 20, '40' 40, '60' 60, '80' 80, '100' 100) noenhanced
set logscale y
set yrange [0.23809523809523808:0.3950625]
set ytics ('0.25' 0.25, '0.3' 0.3, '0.35' 0.35) noenhanced
unset arrow
set arrow from first 50, graph 0 to first 50, graph 1 nohead lc rgb '#808080' lw 1 dt 2 back
set label 'A ''figure''' at screen 0.50000,0.96281 center font ',14' noenhanced
set label 'Single values, no means; n = 2 (seeds 0, 1); query 9d91a769ba34, commits unknown, 4' at screen 0.02083,0.06302 left font ',9' tc rgb '#404040' noenhanced
set label 'runs.' at screen 0.02083,0.03202 left font ',9' tc rgb '#404040' noenhanced
set label '' at screen 0.29201,0.90909 point pt 7 ps 0.7 lc rgb '#0072B2'
set label 'kind vanilla' at screen 0.32847,0.90909 left noenhanced
set label '' at screen 0.53993,0.90909 point pt 5 ps 0.7 lc rgb '#D55E00'
set label 'kind gated' at screen 0.57639,0.90909 left noenhanced
plot NaN notitle, $d0_0 using 1:2 with points lc rgb '#0072B2' pt 7 ps 0.7 notitle, $d0_1 using 1:2 with points lc rgb '#D55E00' pt 5 ps 0.7 notitle
unset label
unset arrow
unset object
unset multiplot
